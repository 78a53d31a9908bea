using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>A console that is configured wrongly does not start: it says each fault once, by key, and ends with a non-zero code.</summary>
public sealed class ConfigurationFaultsTests
{
    private const string Kubeconfig = "Clusters:0:Kubeconfig";

    public static TheoryData<string, string[], string[]> Faults => new()
    {
        { "value that does not parse", ["Telemetry:RefreshInterval=soon"], ["MeshConsole:Telemetry:RefreshInterval", "soon"] },
        { "key that is not known", ["Telemetry:RefreshIntervall=00:00:15"], ["RefreshIntervall"] },
        { "value out of range", ["Telemetry:RefreshInterval=00:00:00.010"], ["MeshConsole:Telemetry:RefreshInterval", "00:00:01"] },
        { "no way to authenticate", ["Clusters:0:Name=main", $"{Kubeconfig}=$KUBECONFIG", "Clusters:0:PrometheusUrl=http://127.0.0.1:9090"], ["MeshConsole:Auth:Mode", "Demo"] },
        { "file that is not there", ["Auth:Mode=Demo", "Clusters:0:Name=main", $"{Kubeconfig}=/nowhere/kubeconfig", "Clusters:0:PrometheusUrl=http://127.0.0.1:9090"], ["MeshConsole:Clusters:0:Kubeconfig", "/nowhere/kubeconfig"] },
        { "file that is no kubeconfig", ["Auth:Mode=Demo", "Clusters:0:Name=main", $"{Kubeconfig}=$GARBAGE", "Clusters:0:PrometheusUrl=http://127.0.0.1:9090"], ["MeshConsole:Clusters:0:Kubeconfig"] },
        { "address that is none", ["Auth:Mode=Demo", "Clusters:0:Name=main", $"{Kubeconfig}=$KUBECONFIG", "Clusters:0:PrometheusUrl=prometheus:9090"], ["MeshConsole:Clusters:0:PrometheusUrl", "prometheus:9090"] },
        { "name of a cluster", ["Auth:Mode=Demo", "Clusters:0:Name=a/b", $"{Kubeconfig}=$KUBECONFIG", "Clusters:0:PrometheusUrl=http://127.0.0.1:9090"], ["MeshConsole:Clusters:0:Name", "a/b"] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Console_ConfiguredWrongly_NamesTheFaultAndEnds(string fault, string[] settings, string[] said)
    {
        using var scratch = ScratchFolder.Create("configuration");
        await File.WriteAllTextAsync(scratch.File("kubeconfig"), """
            apiVersion: v1
            kind: Config
            current-context: here
            contexts: [{name: here, context: {cluster: here, user: here}}]
            clusters: [{name: here, cluster: {server: "https://127.0.0.1:1"}}]
            users: [{name: here, user: {token: abc}}]
            """);
        await File.WriteAllTextAsync(scratch.File("garbage"), "%PDF-1.4: { not yaml");
        var configuration = settings.ToDictionary(
            setting => setting[..setting.IndexOf('=', StringComparison.Ordinal)],
            setting => setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]
                .Replace("$KUBECONFIG", scratch.File("kubeconfig"), StringComparison.Ordinal)
                .Replace("$GARBAGE", scratch.File("garbage"), StringComparison.Ordinal),
            StringComparer.Ordinal);

        var (exitCode, output) = await ConsoleProcess.RunToEndAsync(configuration);

        exitCode.ShouldNotBe(0, fault);
        foreach (var words in said)
        {
            output.ShouldContain(words, Case.Sensitive, fault);
        }

        // One line per fault, and no stack trace.
        output.ShouldNotContain("   at ", Case.Sensitive, fault);
        output.Split('\n').Count(line => line.Contains("MeshConsole:", StringComparison.Ordinal)).ShouldBe(1, output);
    }

    [Fact]
    public async Task Console_WithSeveralFaults_NamesThemAllAtOnce()
    {
        var (exitCode, output) = await ConsoleProcess.RunToEndAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Telemetry:RateWindow"] = "often",
            ["Telemetry:QueryTimeout"] = "long",
        });

        exitCode.ShouldNotBe(0);
        output.ShouldContain("MeshConsole:Telemetry:RateWindow");
        output.ShouldContain("MeshConsole:Telemetry:QueryTimeout");
    }

    [Fact]
    public async Task Console_OpenToTheNetworkInDemoMode_IsRefused()
    {
        var (exitCode, output) = await ConsoleProcess.RunToEndAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Demo"] = "true" },
            ["--http_ports", "", "--Kestrel:Endpoints:Open:Url", "http://0.0.0.0:0"]);

        exitCode.ShouldNotBe(0);
        output.ShouldContain("0.0.0.0");
        output.ShouldContain("loopback");
    }

    [Fact]
    public async Task Command_ThatDoesNotExist_IsNamed()
    {
        var (exitCode, output) = await ConsoleProcess.RunToEndAsync(new Dictionary<string, string>(), ["simulat"]);

        exitCode.ShouldNotBe(0);
        output.ShouldContain("simulat");
        output.ShouldContain("simulate");
    }
}
