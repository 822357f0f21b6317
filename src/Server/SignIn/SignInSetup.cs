using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using OrphanBoard.Server.Settings;

namespace OrphanBoard.Server.SignIn;

/// <summary>
/// Who may do what: browsers come with a cookie from a one-time link, scripts with the API token, agents with theirs. A cookie never opens the agents' hub,
/// the agents' token opens nothing but that hub and the address that guarded runs are told to.
/// </summary>
public static class SignInSetup
{
    public const string Browser = "browser";
    public const string ApiToken = "api";
    public const string AgentToken = "agent";

    /// <summary>Policy: read through the API, with token or cookie.</summary>
    public const string ReadApi = "read-api";

    /// <summary>Policy: change something through the API, with the token alone.</summary>
    public const string ChangeApi = "change-api";

    /// <summary>Policy: push to the agents' hub, tell of guarded runs.</summary>
    public const string PushFrames = "push-frames";

    internal const string LoginLimit = "login";
    internal const string GuardRunLimit = "guard-runs";

    public static IServiceCollection AddSignIn(this IServiceCollection services, DataDirectory directory)
    {
        services.AddDataProtection().SetApplicationName("orphanboard").PersistKeysToFileSystem(Directory.CreateDirectory(directory.KeyDirectory));
        services.AddSingleton<LoginLinks>();
        services.AddAuthentication(Browser)
            .AddCookie(Browser, ConfigureCookie)
            .AddScheme<BearerTokenOptions, BearerTokenHandler>(ApiToken, o => o.Expect(directory.ApiToken))
            .AddScheme<BearerTokenOptions, BearerTokenHandler>(AgentToken, o => o.Expect(directory.AgentToken));
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(For(Browser))
            .SetDefaultPolicy(For(Browser))
            .AddPolicy(ReadApi, For(ApiToken, Browser))
            .AddPolicy(ChangeApi, For(ApiToken))
            .AddPolicy(PushFrames, For(AgentToken));
        services.AddRateLimiter(o =>
        {
            o.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            o.AddPolicy(LoginLimit, _ => RateLimitPartition.GetFixedWindowLimiter(
                "all", _ => new FixedWindowRateLimiterOptions { PermitLimit = 60, Window = TimeSpan.FromMinutes(1) }));

            // Each may hold a body of 16 MB: a few at once, and the others wait their turn.
            o.AddPolicy(GuardRunLimit, _ => RateLimitPartition.GetConcurrencyLimiter(
                "all", _ => new ConcurrencyLimiterOptions { PermitLimit = 8, QueueLimit = 256 }));
        });
        return services;
    }

    private static AuthorizationPolicy For(params string[] schemes) => new AuthorizationPolicyBuilder(schemes).RequireAuthenticatedUser().Build();

    private static void ConfigureCookie(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "orphanboard";
        options.Cookie.HttpOnly = true;

        // Not Strict: a link to a finding, followed from a chat, must find the reader signed in.
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = TimeSpan.FromDays(30);
        options.SlidingExpiration = true;
        options.LoginPath = "/login";
        options.Events.OnRedirectToLogin = context => Answer(context, StatusCodes.Status401Unauthorized);
        options.Events.OnRedirectToAccessDenied = context => Answer(context, StatusCodes.Status403Forbidden);
    }

    /// <summary>A page is led to the login page; a program is told the status.</summary>
    private static Task Answer(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        if (MachinePaths.Contain(context.Request.Path))
            context.Response.StatusCode = status;
        else
            context.Response.Redirect("/login");
        return Task.CompletedTask;
    }
}
