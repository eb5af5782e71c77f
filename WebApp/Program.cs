using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Hosting;
using WebApp.Hosting.Commands;
using WebApp.Hosting.RateLimits;
using WebApp.Sessions;

if (await CommandLine.AnswerAsync(args) is { } answered)
    return answered;

var faults = StartFaults.Watch(args);
var builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = args,
    // A published app finds its pages and settings beside itself, wherever it is started.
    ContentRootPath = Directory.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot")) ? AppContext.BaseDirectory : null,
});
faults.KeepOutOf(builder.Logging);
builder.AddDevelopmentSettings();
if (CommandLine.IsCommand(args))
    builder.LogToStandardError();

builder.RefuseUnknownSettings();
var database = new Database(builder);
builder.AddServerSideSessions(IdentityConstants.ApplicationScheme, database.Use);
builder.AddMail(Path.Combine(database.Folder, "mail"));
builder.AddAccounts(database.Use);
builder.Services.AddAuditLog(database.Use);
builder.Services.AddAdmin(database.Use);
builder.Services.AddSessionNotices();
builder.AddKeyRing(database);
builder.AddAuditKey(database);
builder.AddPublicUrl();
builder.Services.AddPrivacy();
builder.AddSurface();
builder.Services.AddHealth();
if (!builder.Environment.IsDevelopment())
    builder.Services.AddHostedService<StartLeftovers>();

var app = builder.Build();
app.ConnectSessionEventsToAuditLog();
if (CommandLine.IsCommand(args))
    return await CommandLine.RunAsync(app, args);

faults.Validate(app);
if (app.Environment.IsDevelopment())
    await app.PrepareForDevelopmentAsync();
else
    await app.WarnOfPendingMigrationsAsync();

app.UseTrustedProxies();
app.UseAddressPrivacy();
app.UseSecurityHeaders();
app.UseStaticFiles();
app.UseKnownHostOnly();
app.UseHealth();
app.UseHttpsOnly();
app.UseExceptionHandler("/error/500");
app.UseRefusalLog();
app.UseNoStore();
app.UseUnavailablePage();
app.UseErrorPages();
app.UseRouting();
app.UseUnsafeRequestChecks();
app.UseRateLimits();
app.UseSessionAuthentication();
app.UseUnavailablePageForUnknownSessions();
app.UseLockedSessions();
app.UseRequiredSecondFactor();
app.UseAuthorization();
app.MapRazorPages();
app.MapRemainingTime();
app.MapBulk();
app.MapWellKnown();

await app.RunAsync();
return 0;
