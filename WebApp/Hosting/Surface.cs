using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using WebApp.Accounts;
using WebApp.Hosting.RateLimits;
using WebApp.Pages;
using WebApp.Pages.Admin.Bulk;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>Razor Pages, who may see which folder, and what a form may carry.</summary>
internal static class Surface
{
    private static readonly string[] OpenToEveryone =
    [
        "/Account/Login", "/Account/SecondFactor", "/Account/Logout", "/Account/Register", "/Account/AccessDenied", "/Account/NotMe", "/Account/ConfirmNewEmail", "/Account/Goodbye",
        "/Account/CheckMail", "/Account/ConfirmEmail", "/Account/ForgotPassword", "/Account/ResetPassword",
    ];

    /// <summary>What mailed links lead to, and the way to ask for one. It proves by itself who is there, whatever session the browser has.</summary>
    private static readonly string[] ByMail =
    [
        "/Account/NotMe", "/Account/ConfirmNewEmail", "/Account/CheckMail", "/Account/ConfirmEmail", "/Account/ForgotPassword", "/Account/ResetPassword",
    ];

    /// <summary>Pages about one person. Each has forms that act on somebody else.</summary>
    private static readonly string[] ActsOfStaff = ["Details", "Ban", "Password", "SecondFactor", "Confirmation", "Roles", "Delete", "Address"];

    private static readonly string[] ReachableWhileLocked = ["/Account/Confirm", "/Account/Logout", "/Error", .. ByMail];
    private static readonly string[] ReachableWithoutSecondFactor = ["/Account/Security", "/Account/Confirm", "/Account/Logout", "/Error", .. ByMail];

    /// <summary>Pages whose forms judge a proof, make an account or send mail.</summary>
    private static readonly (string Page, LimitedAct Act)[] LimitedPerAddress =
    [
        ("/Account/Login", LimitedAct.SignIn),
        ("/Account/SecondFactor", LimitedAct.Codes),
        ("/Account/Register", LimitedAct.Register),
        ("/Account/Confirm", LimitedAct.Confirm),
        ("/Account/ChangePassword", LimitedAct.Confirm),
        ("/Account/ConfirmEmail", LimitedAct.Confirm),
        ("/Account/ForgotPassword", LimitedAct.Forgot),
        ("/Account/ResetPassword", LimitedAct.Reset),
        ("/Account/Email", LimitedAct.Forgot),
        ("/Account/ConfirmNewEmail", LimitedAct.Links),
        ("/Account/NotMe", LimitedAct.Links),
    ];

    public static void AddSurface(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var development = builder.Environment.IsDevelopment();
        services.AddRouting(routing => routing.LowercaseUrls = true);
        services.AddRazorPages(pages =>
        {
            pages.Conventions.AuthorizeFolder("/Account");
            foreach (var page in OpenToEveryone)
                pages.Conventions.AllowAnonymousToPage(page);
            pages.Conventions.AuthorizeFolder("/Admin", Roles.Support);
            // Mail that waits in files is for developers' eyes: elsewhere there is no such page, not even one that refuses.
            if (!development)
                pages.Conventions.AddFolderRouteModelConvention("/Dev", page => page.Selectors.Clear());
            pages.Conventions.AuthorizePage("/Account/ChangePassword", RecentSignIn.ForPage);
            pages.Conventions.AuthorizePage("/Account/Email", RecentSignIn.ForPage);
            pages.Conventions.AuthorizePage("/Account/Delete", RecentSignIn.ForPage);
            pages.Conventions.AuthorizePage("/Account/Data", RecentSignIn.ForPage);
            pages.Conventions.AuthorizeFolder("/Account/Security", RecentSignIn.ForPage);
            pages.Conventions.AuthorizePage("/Account/Sessions", RecentSignIn.ForForms);
            pages.Conventions.AuthorizePage("/Account/Session", RecentSignIn.ForForms);
            foreach (var page in ActsOfStaff)
                pages.Conventions.AuthorizePage($"/Admin/Users/{page}", RecentSignIn.ForPage);
            pages.Conventions.AuthorizePage("/Admin/Bulk/New", RecentSignIn.ForPage);
            pages.Conventions.AuthorizePage("/Admin/Everyone", Roles.Admin);
            pages.Conventions.AuthorizePage("/Admin/Everyone", RecentSignIn.ForPage);
            pages.Conventions.AuthorizePage("/Admin/Bulk/Details", RecentSignIn.ForForms);
            pages.Conventions.AddPageApplicationModelConvention("/Admin/Bulk/New", model => model.EndpointMetadata.Add(new LargeForm(NewModel.MaxSize)));
            pages.Conventions.AuthorizePage("/Admin/Audit", RecentSignIn.ForForms);
            pages.Conventions.AuthorizePage("/Admin/AuditBundle", RecentSignIn.ForPage);
            foreach (var page in ReachableWhileLocked)
                pages.Conventions.AddPageApplicationModelConvention(page, model => model.EndpointMetadata.Add(new StepUp.ReachableWhileLocked()));
            foreach (var (page, act) in LimitedPerAddress)
                pages.Conventions.AddPageApplicationModelConvention(page, model => model.EndpointMetadata.Add(new Limited(act)));
            pages.Conventions.AddFolderApplicationModelConvention("/Account/Security", model => model.EndpointMetadata.Add(new RequiredSecondFactor.ReachableWithout()));
            foreach (var page in ReachableWithoutSecondFactor)
                pages.Conventions.AddPageApplicationModelConvention(page, model => model.EndpointMetadata.Add(new RequiredSecondFactor.ReachableWithout()));
        }).AddMvcOptions(mvc =>
        {
            mvc.Filters.Add<StalePage.Filter>();
            mvc.Filters.Add<AccountGone>();
            mvc.Filters.Add<BusyPage>();
            mvc.Filters.Add<KeptFormFilter>();
            mvc.Filters.Add<HandlerRequired>();
        });

        services.AddRateLimits();
        services.AddSingleton<KeptForms>().AddSingleton<StepUp>().AddSingleton<IAuthorizationMiddlewareResultHandler>(s => s.GetRequiredService<StepUp>());
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = CookieNames.Of(builder, "antiforgery");
            // A strict one is not sent when a link on another site is followed, and would be made anew: the forms in other tabs would die of it. That
            // a form was sent from here is proved by its token, which is bound to the session; the session's cookie is lax, too.
            antiforgery.Cookie.SameSite = SameSiteMode.Lax;
            antiforgery.Cookie.SecurePolicy = SecurePolicy(development);
            antiforgery.Cookie.Path = "/";
            // frame-ancestors in the content security policy says it better.
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        services.AddSingleton<IAntiforgeryAdditionalDataProvider, SessionAntiforgery>();
        // The framework logs a cookie that can't be opened as an error, with its trace: anyone can send one, and after a
        // loss of the key ring every browser does. A form that is refused for it has its line in the refusal log.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Critical);
        services.Configure<CookieTempDataProviderOptions>(tempData =>
        {
            tempData.Cookie.Name = CookieNames.Of(builder, "notice");
            tempData.Cookie.SecurePolicy = SecurePolicy(development);
            tempData.Cookie.Path = "/";
            tempData.Cookie.IsEssential = true;
        });
        services.Configure<FormOptions>(form =>
        {
            form.ValueLengthLimit = UnsafeRequests.MaxBodySize;
            // As many sessions as staff can tick on one page, and some.
            form.ValueCountLimit = 256;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = UnsafeRequests.MaxBodySize;
            // Other sites of the same domain set cookies for this one, too. One byte beyond UTF-8 in any header would be an empty 400 at every address.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        });
    }

    private static CookieSecurePolicy SecurePolicy(bool development) => development ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
}
