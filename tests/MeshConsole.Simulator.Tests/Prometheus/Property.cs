using FsCheck;

namespace MeshConsole.Simulator.Tests.Prometheus;

/// <summary>How properties are checked here: the same cases each time, unless FSCHECK_SEED names another beginning.</summary>
internal static class Property
{
    public static Config Runs(int cases)
    {
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("FSCHECK_SEED"), out var given) ? given : 2042;
        return Config.QuickThrowOnFailure.WithMaxTest(cases).WithReplay(seed, 2043);
    }
}
