using MeshConsole.Configuration;
using MeshConsole.Mesh.Kubernetes.Connections;
using Microsoft.Extensions.Configuration;

namespace MeshConsole.Tests.Configuration;

public sealed class ConfigurationFaultTests
{
    [Theory]
    [InlineData("Telemetry:RefreshIntervall", "00:00:05", "legal keys are QueryTimeout, RateWindow, RefreshInterval")]
    [InlineData("Telemetry:RefreshInterval", "15", "00:00:15")]
    [InlineData("Telemetry:RefreshInterval", "soon", "00:00:15")]
    [InlineData("Telemetry:RefreshInterval", "00:00:00", "between 00:00:01 and 01:00:00")]
    [InlineData("Telemetry:RateWindow", "2.00:00:00", "between 00:00:05 and 1.00:00:00")]
    [InlineData("Demo", "yes", "true or false")]
    [InlineData("Demo:Deep", "true", "true or false")]
    [InlineData("Storage:Provider", "Oracle", "one of Sqlite, Postgres")]
    [InlineData("Storage:Provider", "1", "one of Sqlite, Postgres")]
    [InlineData("Auth:Mode", "None", "one of Demo, Oidc, Proxy, Kubernetes")]
    [InlineData("Auth:Mode", "Oidc", "not part of this version")]
    [InlineData("Changes:MinSoak", "00:00:00.5", "between")]
    [InlineData("Changes:DefaultSteps", "5,1", "growing")]
    [InlineData("Changes:HighRiskApprovals", "0", "below RequiredApprovals")]
    [InlineData("Changes:ReadOnlyNamespaces", "Not_A_Namespace", "not a name of a namespace")]
    [InlineData("Changes:MaxStepPercent", "0", "1 to 100")]
    [InlineData("Changes:MaxStepPercent", "ten", "a whole number")]
    [InlineData("Certificates:LateRenewalRatio", "1.5", "between 0 and 1")]
    [InlineData("Certificates:LateRenewalRatio", "NaN", "a number with a decimal point")]
    [InlineData("Mtls:ReadinessLookback", "00:00:30", "between 00:01:00 and 31.00:00:00")]
    [InlineData("Mtls:ReadinessLookback", "40.00:00:00", "between 00:01:00 and 31.00:00:00")]
    [InlineData("Certificates:WarnBefore", "1.00:00:00", "must not be shorter than CriticalBefore")]
    [InlineData("Certificates:WorkloadLife", "00:00:01", "between 00:05:00 and 400.00:00:00")]
    [InlineData("Incidents:Retention", "00:10:00", "from one day to ten years")]
    [InlineData("Certificates:ProbeInterval", "00:00:01", "between 00:00:10 and 1.00:00:00")]
    [InlineData("Certificates:ProbeTimeout", "00:05:00", "between 00:00:00.1 and 00:01:00")]
    public void Demo_WithOneFault_NamesKeyValueAndWhatIsLegal(string key, string value, string expected)
    {
        var faults = Faults((key, value));

        var fault = faults.ShouldHaveSingleItem();
        fault.Key.ShouldStartWith("MeshConsole:" + key.Split(':')[0]);
        fault.ToString().ShouldContain(expected);
        fault.ToString().ShouldContain(fault.Key);
    }

    [Theory]
    [InlineData("Url", "https://{namespace}.example/", "not in scheme, host or port")]
    [InlineData("Url", "javascript:alert(1)", "absolute http or https address")]
    [InlineData("Url", "https://g.example/?pod={pod}", "legal are {cluster}, {namespace}, {workload}")]
    [InlineData("Url", "https://g.example/?service={service}", "is not known for Workload")]
    [InlineData("Name", "", "a name of 1 to 40 characters")]
    [InlineData("Kind", "Picture", "one of Trace, Dashboard, Logs")]
    [InlineData("For", "Pod", "one of Workload, Service, Namespace, Edge, Problem")]
    [InlineData("Uri", "https://g.example/", "legal keys are For, Kind, Name, Url")]
    public void Link_WithOneFault_NamesKeyValueAndWhatIsLegal(string key, string value, string expected)
    {
        var link = new Dictionary<string, string>(StringComparer.Ordinal) { ["Name"] = "Grafana", ["Kind"] = "Dashboard", ["For"] = "Workload", ["Url"] = "https://g.example/?w={workload}" };
        Faults([.. link.Select(pair => ($"Links:0:{pair.Key}", pair.Value))]).ShouldBeEmpty();
        link[key] = value;
        var fault = Faults([.. link.Select(pair => ($"Links:0:{pair.Key}", pair.Value))]).ShouldHaveSingleItem();
        fault.Key.ShouldStartWith("MeshConsole:Links");
        fault.ToString().ShouldContain(expected);
    }

    [Theory]
    [InlineData("Clusters:0:PrometheusUrl", "prometheus:9090", "absolute http or https address")]
    [InlineData("Clusters:0:PrometheusUrl", "ftp://prometheus", "absolute http or https address")]
    [InlineData("Clusters:0:Kubeconfig", "/does/not/exist", "no readable file")]
    [InlineData("Clusters:0:Kubeconfig", "~/does/not/exist", "no readable file")]
    [InlineData("Clusters:0:RootNamespace", "Istio_System", "not a name of a namespace")]
    [InlineData("Clusters:0:PrometheusBearerTokenFile", "/does/not/exist", "no readable file")]
    [InlineData("Clusters:0:Name", "a/b", "letters, digits")]
    [InlineData("Clusters:0:Namespaces:0", "Payments", "not a name of a namespace")]
    [InlineData("Clusters:0:Kubconfig", "x", "legal keys are Context, InCluster, Kubeconfig")]
    public void RealCluster_WithOneFault_NamesKeyValueAndWhatIsLegal(string key, string value, string expected)
    {
        var faults = Faults(("Clusters:0:Name", "prod"), ("Clusters:0:PrometheusUrl", "http://prometheus:9090"), ("Auth:Mode", "Demo"), (key, value));

        var fault = faults.ShouldHaveSingleItem();
        fault.ToString().ShouldContain(expected);
        fault.ToString().ShouldContain(value);
    }

    [Theory]
    [InlineData("https://pay.example", "host and port are expected")]
    [InlineData("pay.example", "host and port are expected")]
    [InlineData("pay.example:0", "host and port are expected")]
    [InlineData("pay.example:443/x", "host and port are expected")]
    [InlineData("user@pay.example:443", "host and port are expected")]
    [InlineData("localhost:8443", "the console's own machine")]
    [InlineData("a.localhost:8443", "the console's own machine")]
    [InlineData("127.0.0.1:8443", "is this machine")]
    [InlineData("[::1]:8443", "is this machine")]
    [InlineData("169.254.169.254:443", "is link-local")]
    [InlineData("pay.example:443", null)]
    [InlineData("10.1.2.3:443", null)]
    [InlineData("[2001:db8::1]:443", null)]
    public void Probe_OfARealCluster_LeadsToAnotherMachine(string address, string? expected)
    {
        var faults = Faults(("Clusters:0:Name", "prod"), ("Clusters:0:PrometheusUrl", "http://prometheus:9090"), ("Auth:Mode", "Demo"), ("Certificates:Probes:0:Name", "edge"), ("Certificates:Probes:0:Address", address));
        if (expected is null)
        {
            faults.ShouldBeEmpty();
        }
        else
        {
            var fault = faults.ShouldHaveSingleItem();
            fault.Key.ShouldBe("MeshConsole:Certificates:Probes:0:Address");
            fault.ToString().ShouldContain(expected);
        }
    }

    [Fact]
    public void Probes_NamesClustersAndServerNames_AreChecked()
    {
        var faults = Faults(
            ("Clusters:0:Name", "prod"), ("Clusters:0:PrometheusUrl", "http://prometheus:9090"), ("Auth:Mode", "Demo"),
            ("Certificates:Probes:0:Name", "edge"), ("Certificates:Probes:0:Address", "a.example:443"), ("Certificates:Probes:0:ServerName", "a b"),
            ("Certificates:Probes:1:Name", "edge"), ("Certificates:Probes:1:Address", "b.example:443"), ("Certificates:Probes:1:Cluster", "nowhere"));
        faults.Select(fault => fault.Key).ShouldBe(["MeshConsole:Certificates:Probes:0:ServerName", "MeshConsole:Certificates:Probes:1:Name", "MeshConsole:Certificates:Probes:1:Cluster"]);
    }

    [Fact]
    public void Probe_OfTheDemo_MayLeadToThisMachine() =>
        Faults(("Certificates:Probes:0:Name", "edge"), ("Certificates:Probes:0:Address", "127.0.0.1:8443")).ShouldBeEmpty();

    [Fact]
    public void Kubeconfig_InTheHomeDirectory_IsAcceptedAsTheLoaderReadsIt()
    {
        var home = Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } directory ? directory : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var name = $".meshconsole-test-{Guid.NewGuid():N}";
        File.WriteAllText(Path.Combine(home, name), "clusters: []\ncurrent-context: here\n");
        try
        {
            Faults(("Clusters:0:Name", "prod"), ("Clusters:0:PrometheusUrl", "http://prometheus:9090"), ("Auth:Mode", "Demo"), ("Clusters:0:Kubeconfig", $"~/{name}")).ShouldBeEmpty();
            Kubeconfig.Load($"~/{name}").CurrentContext.ShouldBe("here");
        }
        finally
        {
            File.Delete(Path.Combine(home, name));
        }
    }

    [Theory]
    [InlineData("every friday", "10:00:00", "Europe/Berlin", "cron expression")]
    [InlineData("0 22 * * 5", "10:00:00", "Middle/Earth", "IANA time zone")]
    [InlineData("0 22 * * 5", "00:00:00", "Europe/Berlin", "above zero")]
    public void FreezeWindow_ThatCannotBeRead_KeepsTheConsoleFromStarting(string schedule, string duration, string zone, string expected)
    {
        var faults = Faults(("Changes:FreezeWindows:0:Name", "weekend"), ("Changes:FreezeWindows:0:Schedule", schedule), ("Changes:FreezeWindows:0:Duration", duration), ("Changes:FreezeWindows:0:TimeZone", zone));

        faults.ShouldHaveSingleItem().ToString().ShouldContain(expected);
    }

    [Fact]
    public void RealCluster_WithoutAuthMode_IsRefused()
    {
        var faults = Faults(("Clusters:0:Name", "prod"), ("Clusters:0:PrometheusUrl", "http://prometheus:9090"));

        faults.ShouldHaveSingleItem().Key.ShouldBe("MeshConsole:Auth:Mode");
    }

    [Fact]
    public void SeveralFaults_AreAllSaid()
    {
        var faults = Faults(("Demo", "maybe"), ("Storage:Provider", "Oracle"), ("Telemetry:Foo", "1"));

        faults.Select(f => f.Key).ShouldBe(["MeshConsole:Demo", "MeshConsole:Storage:Provider", "MeshConsole:Telemetry:Foo"], ignoreOrder: true);
    }

    [Fact]
    public void ApiToken_WithAWrongHash_IsNotRepeated()
    {
        // Somebody who puts the token itself into the key must not find it in the log.
        var faults = Faults(("Auth:ApiTokens:0:Name", "bot"), ("Auth:ApiTokens:0:Sha256", "s3cret-token"));

        faults.ShouldHaveSingleItem().ToString().ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://localhost:5080", true)]
    [InlineData("http://[::1]:5080", true)]
    [InlineData("http://127.8.9.1:1", true)]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://*:5080", false)]
    [InlineData("http://+:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("http://192.0.2.7:5080", false)]
    [InlineData("http://localhost.example:5080", false)]
    public void DemoMode_ListensOnLoopbackOnly(string address, bool legal)
    {
        var faults = ConfigurationRules.CheckAddresses(new MeshConsoleOptions(), [address]).ToList();

        (faults.Count == 0).ShouldBe(legal, string.Join("; ", faults));
    }

    [Fact]
    public void Empty_RunsTheDemo()
    {
        var (options, faults) = ConfigurationReader.Read(new ConfigurationBuilder().Build());

        faults.ShouldBeEmpty();
        ConfigurationRules.Check(options).ShouldBeEmpty();
        options.RunsDemo.ShouldBeTrue();
        options.Telemetry.RefreshInterval.ShouldBe(TimeSpan.FromSeconds(15));
        options.Telemetry.RateWindow.ShouldBe(TimeSpan.FromMinutes(1));
        options.Telemetry.QueryTimeout.ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void KeysAndEnums_AreReadWhateverTheirCase()
    {
        var (options, faults) = ConfigurationReader.Read(Configuration(("auth:MODE", "demo"), ("telemetry:ratewindow", "00:02:00")));

        faults.ShouldBeEmpty();
        options.Auth.Mode.ShouldBe(AuthMode.Demo);
        options.Telemetry.RateWindow.ShouldBe(TimeSpan.FromMinutes(2));
    }

    private static List<ConfigurationFault> Faults(params (string Key, string Value)[] settings)
    {
        var (options, faults) = ConfigurationReader.Read(Configuration(settings));
        return faults.IsEmpty ? [.. ConfigurationRules.Check(options)] : [.. faults];
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.GroupBy(s => s.Key).ToDictionary(s => "MeshConsole:" + s.Key, s => (string?)s.Last().Value)).Build();
}
