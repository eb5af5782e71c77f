using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using WebApp.Sessions.Redis;
using WebApp.Sessions.Sql;

namespace WebApp.Sessions;

/// <summary>Wires this folder into cookie authentication.</summary>
public static class ServerSideSessions
{
    /// <summary>
    /// Cookie authentication under <paramref name="scheme"/> whose tickets live in the session store. Reads the section
    /// <c>Sessions</c> (see <see cref="SessionPolicy"/>) and <c>ConnectionStrings:Redis</c>.
    /// </summary>
    /// <param name="builder">The app under construction.</param>
    /// <param name="scheme">The authentication scheme, which also becomes the default one.</param>
    /// <param name="database">How to reach the database (the embedded store's sessions, or the journal of revocations, go there), given the name of the migrations history table.</param>
    /// <exception cref="OptionsValidationException">No store is configured, or the one that was chosen lacks its connection string.</exception>
    public static void AddServerSideSessions(this WebApplicationBuilder builder, string scheme, Action<DbContextOptionsBuilder, string> database)
    {
        var services = builder.Services;
        services.AddOptions<SessionPolicy>().Configure<IConfiguration>(SessionSettings.Read).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddPooledDbContextFactory<SessionsDbContext>(options => database(options, SessionsDbContext.MigrationsHistoryTable));
        services.AddSingleton<SessionEvents>().AddSingleton<OpenedCookies>().AddSingleton<SessionManager>().AddSingleton<SessionRecorder>().AddSingleton<SessionGuard>().AddSingleton<SessionConfirmation>();
        services.AddSingleton<TicketProtector>().AddSingleton<SessionCookieFormat>().AddSingleton<RepeatedSignIns>().AddSingleton<SessionTicketStore>().AddSingleton<SessionAuthentication>();
        AddStore(builder);

        services.AddAuthentication(scheme).AddScheme<CookieAuthenticationOptions, SessionCookieHandler>(scheme, cookies =>
        {
            cookies.Cookie.Name = CookieNames.Of(builder, "session");
            // Over plain http, browsers refuse it.
            cookies.Cookie.SecurePolicy = builder.Environment.IsDevelopment() ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
            cookies.Cookie.Path = "/";
            cookies.Cookie.HttpOnly = true;
            cookies.Cookie.SameSite = SameSiteMode.Lax;
            cookies.Cookie.IsEssential = true;
            // The server keeps the deadlines; the cookie is only a key.
            cookies.SlidingExpiration = false;
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<CookieAuthenticationOptions>, PostConfigureCookieAuthenticationOptions>());
        services.AddOptions<CookieAuthenticationOptions>(scheme).Configure<SessionTicketStore, SessionCookieFormat>((cookies, store, format) =>
        {
            cookies.SessionStore = store;
            cookies.TicketDataFormat = format;
        });
    }

    private static void AddStore(WebApplicationBuilder builder)
    {
        if (ChosenStore(builder) == SessionStoreKind.Redis)
        {
            var settings = builder.Configuration.GetSection(RedisSettings.Section).Get<RedisSettings>() ?? new();
            builder.Services.AddRedisSessionStore(settings.Read(builder.Configuration.GetConnectionString("Redis")!));
            return;
        }

        builder.Services.AddSingleton<SqlUserSessionStore>().AddSingleton<IUserSessionStore>(s => s.GetRequiredService<SqlUserSessionStore>());
        builder.Services.AddSingleton<IShortTermStore, SqlShortTermStore>().AddHostedService<SessionSweeper>();
    }

    /// <summary>Which store the configuration asks for.</summary>
    /// <exception cref="OptionsValidationException">None, outside Development; or Redis without a connection string.</exception>
    public static SessionStoreKind ChosenStore(WebApplicationBuilder builder)
    {
        var redis = !string.IsNullOrWhiteSpace(builder.Configuration.GetConnectionString("Redis"));
        return builder.Configuration.GetValue<SessionStoreKind?>($"{SessionPolicy.Section}:{nameof(SessionPolicy.Store)}") switch
        {
            SessionStoreKind.Redis when !redis => throw Mistake(
                "Sessions:Store is Redis, but ConnectionStrings:Redis is not set. Set it, for example to \"localhost:6379\"."),
            { } chosen when Enum.IsDefined(chosen) => chosen,
            { } unknown => throw Mistake($"Sessions:Store is {unknown}. It can be Redis or Sql."),
            null when redis => SessionStoreKind.Redis,
            null when builder.Environment.IsDevelopment() => SessionStoreKind.Sql,
            null => throw Mistake(
                "No session store is configured. Set ConnectionStrings:Redis to keep sessions in Redis, "
                + "or Sessions:Store to Sql to keep them in the database (one instance only)."),
        };
    }

    private static OptionsValidationException Mistake(string words) =>
        new(SessionPolicy.Section, typeof(SessionPolicy), [words]);
}
