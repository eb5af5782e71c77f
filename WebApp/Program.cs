using Microsoft.AspNetCore.Identity;
using WebApp.Accounts;
using WebApp.Accounts.Mail;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Hosting;
using WebApp.Hosting.Commands;
using WebApp.Hosting.RateLimits;
using WebApp.Sessions;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = args,
    // A published app finds its pages and settings beside itself, wherever it is started.
    ContentRootPath = Directory.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot")) ? AppContext.BaseDirectory : null,
});
builder.AddDevelopmentSettings();

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
if (await CommandLine.RunAsync(app, args) is { } exitCode)
    return exitCode;

if (app.Environment.IsDevelopment())
    await app.PrepareForDevelopmentAsync();

app.UseTrustedProxies();
app.UseAddressPrivacy();
app.UseSecurityHeaders();
app.UseHealth();
app.UseHttpsOnly();
app.UseExceptionHandler("/error/500");
app.UseStaticFiles();
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

await app.RunAsync();
return 0;
