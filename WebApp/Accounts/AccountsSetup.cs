using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Accounts.Browsers;
using WebApp.Accounts.Factors;
using WebApp.Accounts.Notices;
using WebApp.Accounts.Passwords;
using WebApp.Sessions;

namespace WebApp.Accounts;

public static class AccountsSetup
{
    /// <summary>ASP.NET Core Identity over <see cref="AppDbContext"/>, signing in with the scheme <see cref="IdentityConstants.ApplicationScheme"/>.</summary>
    /// <param name="builder">The app under construction.</param>
    /// <param name="database">How to reach the database, given the name of the migrations history table.</param>
    public static void AddAccounts(this WebApplicationBuilder builder, Action<DbContextOptionsBuilder, string> database)
    {
        var services = builder.Services;
        services.AddSingleton<RightsOutbox>().AddSingleton<RightsTracking>().AddHostedService(s => s.GetRequiredService<RightsOutbox>());
        services.AddDbContext<AppDbContext>((provider, options) =>
        {
            database(options, AppDbContext.MigrationsHistoryTable);
            options.AddInterceptors(provider.GetRequiredService<RightsTracking>());
            options.UseAsyncSeeding((db, _, cancellationToken) => NormalForms.FillAsync(
                (AppDbContext)db, provider.GetRequiredService<ILogger<AppDbContext>>(), cancellationToken));
        });
        services.AddHttpContextAccessor(); // SignInManager asks for it.
        services.AddSingleton<DummyPassword>().AddSingleton<PasswordGate>().AddScoped<AccountCreation>().AddScoped<PasswordChange>().AddScoped<NameChange>().AddScoped<AccountDeletion>().AddScoped<IdentityConfirmation>().AddScoped<WaitingSignIns>();
        services.AddScoped<OneTimeTokens>().AddScoped<ProofAttempts>().AddScoped<KnownBrowsers>().AddScoped<SecondFactorCookie>().AddScoped<SessionRenewal>().AddHostedService<AccountsSweeper>();
        services.AddScoped<Authenticators>().AddScoped<RecoveryCodes>().AddScoped<SecondFactors>().AddScoped<SecondFactorSignIn>();
        services.AddSingleton<Errands>().AddHostedService(s => s.GetRequiredService<Errands>());
        services.AddScoped<Registration>().AddScoped<ConfirmationLinks>().AddScoped<MailedLinks>().AddScoped<EmailConfirmation>().AddScoped<PasswordReset>().AddScoped<MailedSignIn>();
        services.AddOptions<IdentityOptions>().Configure<IOptions<AccountOptions>>((identity, accounts) => identity.SignIn.RequireConfirmedEmail = accounts.Value.RequireConfirmedEmail is true);
        services.AddScoped<AccountSnapshots>().AddScoped<AccountNotices>().AddScoped<Disowning>().AddScoped<PasswordResetMail>().AddScoped<EmailChange>().AddScoped<AccountFactsReader>();
        services.AddScoped<LastAdmin>().AddScoped<AccountStanding>().AddScoped<ClosedAccountMail>();
        services.AddScoped<Passkeys>().AddScoped<PasskeyProofs>().AddScoped<PasskeySignIn>();
        AddCookies(builder);
        services.AddSingleton<ILookupNormalizer, AddressNormalizer>().AddSingleton<AddressRules>();
        services.AddIdentityCore<AppUser>(identity =>
            {
                identity.User.RequireUniqueEmail = true;
                identity.Lockout.MaxFailedAccessAttempts = 5;
                identity.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(5);
                // PasswordRules says it all; Identity's own rules are about composition.
                identity.Password = new() { RequiredLength = 1, RequireDigit = false, RequireLowercase = false, RequireUppercase = false, RequireNonAlphanumeric = false };
                // Any address that is an e-mail address can be a user name.
                identity.User.AllowedUserNameCharacters = "";
                identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3;
            })
            .AddRoles<IdentityRole<Guid>>()
            .AddEntityFrameworkStores<AppDbContext>()
            .AddUserManager<AppUserManager>()
            .AddPasswordValidator<PasswordRules>()
            .AddUserValidator<ReservedAddresses>()
            .AddClaimsPrincipalFactory<AppClaimsPrincipalFactory>()
            .AddSignInManager<AppSignInManager>()
            .AddDefaultTokenProviders();
        // The device makes sure who is there, so that a passkey is two factors in one; and it keeps the user's name, so that nobody has to type it.
        services.Configure<IdentityPasskeyOptions>(passkeys => (passkeys.UserVerificationRequirement, passkeys.ResidentKeyRequirement) = ("required", "required"));
        services.AddOptions<SessionPolicy>().Validate(policy => policy.Roles.Keys.All(role => Roles.All.Contains(role, StringComparer.OrdinalIgnoreCase)),
            $"{SessionPolicy.Section}:{nameof(SessionPolicy.Roles)} names a role that doesn't exist. There are {string.Join(" and ", Roles.All)}.");
        services.AddOptions<AccountOptions>().BindConfiguration(AccountOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(accounts => accounts.RequireTwoFactor.Keys.All(role => Roles.All.Contains(role, StringComparer.OrdinalIgnoreCase)),
                $"{AccountOptions.Section}:{nameof(AccountOptions.RequireTwoFactor)} names a role that doesn't exist. There are {string.Join(" and ", Roles.All)}.")
            .PostConfigure<IHostEnvironment>((accounts, environment) =>
            {
                accounts.RequireConfirmedEmail ??= !environment.IsDevelopment();
                foreach (var role in Roles.All)
                    accounts.RequireTwoFactor.TryAdd(role, !environment.IsDevelopment());
            })
            .ValidateOnStart();
        // OWASP's figure for PBKDF2 with HMAC-SHA512.
        services.Configure<PasswordHasherOptions>(hasher => hasher.IterationCount = 210_000);
        services.AddPasswordRules();
        services.Configure<CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme, cookies =>
        {
            cookies.LoginPath = "/account/login";
            cookies.LogoutPath = "/account/logout";
            cookies.AccessDeniedPath = "/account/access-denied";
            cookies.ReturnUrlParameter = ReturnAddress.Name;
            cookies.Events.OnValidatePrincipal = SessionPrincipalValidator.ValidateAsync;
            cookies.Events.OnRedirectToLogin = RedirectWithinThisHost;
            cookies.Events.OnRedirectToAccessDenied = RedirectWithinThisHost;
            // The pages decide where to go (ReturnUrls). The handler would set the header to the query's address first, and fail on some.
            cookies.Events.OnRedirectToReturnUrl = _ => Task.CompletedTask;
        });
        services.AddAuthorizationBuilder()
            .AddPolicy(Roles.Support, policy => policy.RequireRole(Roles.Support, Roles.Admin))
            .AddPolicy(Roles.Admin, policy => policy.RequireRole(Roles.Admin))
            .AddPolicy(RecentSignIn.ForPage, policy => policy.RequireAuthenticatedUser().AddRequirements(new RecentSignInRequirement(formsOnly: false)))
            .AddPolicy(RecentSignIn.ForForms, policy => policy.RequireAuthenticatedUser().AddRequirements(new RecentSignInRequirement(formsOnly: true)));
    }

    private static void AddCookies(WebApplicationBuilder builder)
    {
        builder.Services.Configure<KnownBrowserOptions>(known => known.Cookie = NewCookie("browser", KnownBrowsers.KeptFor));
        builder.Services.Configure<SecondFactorCookieOptions>(factor => factor.Cookie = NewCookie("second-factor", expiration: null));

        CookieBuilder NewCookie(string name, TimeSpan? expiration)
        {
            var development = builder.Environment.IsDevelopment();
            return new()
            {
                Name = CookieNames.Of(builder, name),
                SecurePolicy = development ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always,
                Path = "/",
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                IsEssential = true,
                Expiration = expiration,
            };
        }
    }

    /// <summary>The framework builds an absolute address from the Host header, which the client writes, and adds where the request was for, however long that is.</summary>
    private static Task RedirectWithinThisHost(RedirectContext<CookieAuthenticationOptions> context)
    {
        var (page, request) = (new Uri(context.RedirectUri).AbsolutePath, context.Request);
        var back = ReturnAddress.Shorten(request.PathBase + request.Path + request.QueryString);
        context.Response.Redirect(back is null ? page : QueryHelpers.AddQueryString(page, ReturnAddress.Name, back));
        return Task.CompletedTask;
    }
}
