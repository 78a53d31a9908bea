using MeshConsole.Configuration;
using Microsoft.Extensions.Primitives;

namespace MeshConsole.Authentication;

/// <summary>
/// Reads the tokens again whenever the configuration is: a token, role or namespace taken out of a settings file is gone at
/// once, and holds the changes that rest on it. A configuration with faults changes nothing and is said: half of it may be
/// what nobody meant.
/// </summary>
internal sealed partial class TokenReload(IConfiguration configuration, ApiTokens tokens, ILogger<TokenReload> logger) : IHostedService, IDisposable
{
    private IDisposable? _watching;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watching = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _watching?.Dispose();

    private void Reload()
    {
        var (options, faults) = ConfigurationReader.Read(configuration);
        faults = faults.IsEmpty ? [.. ConfigurationRules.Check(options)] : faults;
        if (!faults.IsEmpty)
        {
            Log.NotTaken(logger, string.Join("; ", faults));
            return;
        }

        tokens.Replace(options.Auth.ApiTokens);
        Log.Taken(logger, options.Auth.ApiTokens.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The configuration changed: {Count} API tokens are known now. Everything but them is taken over at the next start")]
        public static partial void Taken(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Error, "The configuration changed and has faults, so the API tokens of before stay in force: {Faults}")]
        public static partial void NotTaken(ILogger logger, string faults);
    }
}
