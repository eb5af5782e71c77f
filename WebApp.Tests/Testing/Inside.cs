using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Tests.Testing;

/// <summary>Ways into a <see cref="TestApp"/> behind its pages.</summary>
public static class Inside
{
    /// <summary>Runs as within a request of its own, with the services that a request has.</summary>
    public static async Task<TResult> InRequestAsync<TService, TResult>(this TestApp app, Func<TService, Task<TResult>> act)
        where TService : notnull
    {
        await using var scope = app.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<IHttpContextAccessor>().HttpContext = new DefaultHttpContext { RequestServices = scope.ServiceProvider, Request = { Scheme = "http", Host = new("localhost") } };
        return await act(scope.ServiceProvider.GetRequiredService<TService>());
    }

    public static Task InRequestAsync<TService>(this TestApp app, Func<TService, Task> act)
        where TService : notnull => app.InRequestAsync<TService, bool>(async service =>
        {
            await act(service);
            return true;
        });

    /// <summary>What a service is that something was put around.</summary>
    public static T Create<T>(this IServiceProvider provider, ServiceDescriptor registered) => (T)(registered.ImplementationFactory is { } make
        ? make(provider)
        : ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!));

    /// <summary>Returns when what the requests so far left to be done is done: uses are recorded, errands are run.</summary>
    public static async Task SettledAsync(this TestApp app)
    {
        await app.Services.GetRequiredService<SessionRecorder>().IdleAsync().WaitAsync(Eventually.Patience);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // They are run one after another.
        app.Services.GetRequiredService<Errands>().Add(_ =>
        {
            done.TrySetResult();
            return Task.CompletedTask;
        });
        await done.Task.WaitAsync(Eventually.Patience);
    }

    /// <summary>Returns when all mail that was caused so far is sent.</summary>
    public static async Task MailedAsync(this TestApp app)
    {
        await app.SettledAsync();
        await app.Services.GetRequiredService<MailQueue>().SaveAsync();
        var rows = app.Services.GetRequiredService<MailRows>();
        await Eventually.TrueAsync(async () => await rows.CountAsync() == 0, "all mail is sent");
    }

    /// <summary>A new account with <see cref="Browser.Password"/>, and the role if one is named.</summary>
    public static Task<AppUser> NewAccountAsync(this TestApp app, string? role = null) => app.InRequestAsync<AccountCreation, AppUser>(async accounts =>
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var (result, user) = await accounts.RegisterAsync(email, "Someone", Browser.Password, "203.0.113.9");
        Assert.True(result.Succeeded);
        Assert.True((await accounts.EnsureAsync(email, "", "", role)).Succeeded);
        return user;
    });

    /// <summary>Writes that many sign-ins of a person into the audit log at once.</summary>
    public static Task FillAuditLogAsync(this TestApp app, Guid subjectId, int count) =>
        app.Services.GetRequiredService<AuditLog>().AppendAllAsync([.. Enumerable.Range(0, count).Select(number => new AuditEntry
        {
            Action = AuditAction.SignedIn,
            At = app.Clock.GetUtcNow(),
            ActorId = subjectId,
            SubjectId = subjectId,
            Address = "203.0.113.7",
            CaseReference = $"C-{number}",
        })]);

    /// <summary>What the audit log says of a person, oldest first.</summary>
    public static async Task<IReadOnlyList<AuditEntry>> AuditOfAsync(this TestApp app, Guid subjectId)
    {
        var entries = await app.Services.GetRequiredService<AuditLog>().ListAsync(null, int.MaxValue);
        return [.. entries.Where(e => e.SubjectId == subjectId).OrderBy(e => e.Id)];
    }
}
