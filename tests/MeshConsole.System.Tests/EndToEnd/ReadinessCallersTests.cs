using System.Text.Json.Nodes;
using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// Callers that no traffic shows, as a real API server has them: a CronJob, an admission webhook, an aggregated API, and a
/// mesh configuration without auto mTLS. Prometheus is away all the while, so that nothing is ever ready.
/// </summary>
public sealed class ReadinessCallersTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task CallersThatNoTrafficShows_BlockOrLeaveUnproven()
    {
        Requires.Kubernetes();
        await using var kubernetes = await RealKubernetes.StartAsync();
        var admin = kubernetes.Admin;
        await HandMeshObjects.WriteAsync(admin);
        await using var console = await StartAsync(kubernetes, "admin");
        (await CodesAsync(console)).ShouldNotContain(code => code == "api-server-caller" || code == "auto-mtls-off" || code == "cron-job-not-seen" || code.EndsWith("-unknown", StringComparison.Ordinal));

        // The server of Kubernetes 1.20 has CronJobs in their older version only; the console finds it.
        await admin.CreateNamespaceAsync("batch");
        await admin.CreateAsync("apis/batch/v1beta1/namespaces/batch/cronjobs", JsonNode.Parse("""
            {"apiVersion":"batch/v1beta1","kind":"CronJob","metadata":{"name":"nightly"},"spec":{"schedule":"0 2 * * *","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never",
              "containers":[{"name":"a","image":"example/a:1","env":[{"name":"LEDGER","value":"postgres://app:hunter2.secret@ledger-db.payments:5432/ledger"}]}]}}}}}}
            """)!);
        await Becomes("the job is named", console, found => found["unproven"]!.AsArray().Any(one => Is(one, "cron-job-not-seen", "payments/ledger-db") && Text(one!["message"])!.StartsWith("CronJob batch/nightly names ledger-db.payments.svc.cluster.local and has not run within 1 h", StringComparison.Ordinal)));
        (await console.GetJsonAsync(Question)).ToJsonString().ShouldNotContain("hunter2");

        await admin.CreateAsync("apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", JsonNode.Parse("""
            {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"card-rules"},"webhooks":[{"name":"cards.example.com","admissionReviewVersions":["v1"],"sideEffects":"None",
              "clientConfig":{"service":{"namespace":"payments","name":"card-processor","port":8080}},"rules":[{"apiGroups":["cards.example.com"],"apiVersions":["v1"],"operations":["CREATE"],"resources":["cards"]}]}]}
            """)!);
        await Becomes("the webhook blocks", console, found =>
            found["blockers"]!.AsArray().Count(one => Text(one!["code"]) == "api-server-caller" && Text(one["message"])!.Contains("ValidatingWebhookConfiguration card-rules", StringComparison.Ordinal)) == 2, "both versions of the card processor are behind it");

        await admin.CreateAsync("apis/apiregistration.k8s.io/v1/apiservices", JsonNode.Parse("""
            {"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"v1.ledger.example.com"},"spec":{"group":"ledger.example.com","version":"v1","groupPriorityMinimum":1000,"versionPriority":10,
              "insecureSkipTLSVerify":true,"service":{"namespace":"payments","name":"ledger-db","port":5432}}}
            """)!);
        await Becomes("the aggregated API blocks", console, found => found["blockers"]!.AsArray().Any(one => Is(one, "api-server-caller", "payments/ledger-db") && Text(one!["message"])!.Contains("APIService v1.ledger.example.com", StringComparison.Ordinal)));
        await admin.DeleteAsync("apis/apiregistration.k8s.io/v1/apiservices/v1.ledger.example.com");

        await admin.ReplaceAsync($"{HandMeshObjects.MeshConfigurations}/istio", HandMeshObjects.MeshConfiguration("accessLogFile: /dev/stdout\nenableAutoMtls: false\n"));
        await Becomes("auto mTLS is off", console, found => found["blockers"]!.AsArray().Any(one => Is(one, "auto-mtls-off", "payments/payment-api")));
        var policies = (await console.GetJsonAsync("api/v1/mtls/policies?namespace=payments")).ToJsonString();
        policies.ShouldContain("sets enableAutoMtls to false");
        await admin.DeleteAsync($"{HandMeshObjects.MeshConfigurations}/istio");
        await Becomes("nobody knows any more", console, found => found["unproven"]!.AsArray().Any(one => Text(one!["code"]) == "mesh-configuration-unknown"));
    }

    [SkippableFact]
    public async Task AccountThatMayNotReadThem_LeavesEverythingUnproven()
    {
        Requires.Kubernetes();
        await using var kubernetes = await RealKubernetes.StartAsync();
        await HandMeshObjects.WriteAsync(kubernetes.Admin);
        await kubernetes.AllowAsync("limited", null, "", ["namespaces", "pods", "services", "nodes"], ["get", "list", "watch"]);
        await kubernetes.AllowAsync("limited", null, "networking.istio.io", ["gateways", "virtualservices", "destinationrules", "serviceentries", "sidecars"], ["get", "list", "watch"]);
        await kubernetes.AllowAsync("limited", null, "security.istio.io", ["peerauthentications"], ["get", "list", "watch"]);
        await using var console = await StartAsync(kubernetes, "limited");

        var found = await console.GetJsonAsync(Question);
        var codes = found["unproven"]!.AsArray().Select(one => Text(one!["code"])).ToList();
        codes.ShouldContain("cron-jobs-unknown");
        codes.Count(code => code == "api-server-unknown").ShouldBe(3);
        codes.ShouldContain("mesh-configuration-unknown");
        Text(found["unproven"]!.AsArray().First(one => Text(one!["code"]) == "cron-jobs-unknown")!["message"])!.ShouldContain("may not list and watch cronjobs");

        // The rules of deploy/kubernetes are the whole of what it needs.
        await kubernetes.AllowAsync("limited", null, "batch", ["cronjobs"], ["get", "list", "watch"]);
        await kubernetes.AllowAsync("limited", null, "apiregistration.k8s.io", ["apiservices"], ["get", "list", "watch"]);
        await kubernetes.AllowAsync("limited", null, "admissionregistration.k8s.io", ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"], ["get", "list", "watch"]);
        await kubernetes.AllowAsync("limited", null, "", ["configmaps"], ["get", "list", "watch"]);
        await Eventually.BecomesAsync("everything is read", TimeSpan.FromSeconds(60), token => CodesAsync(console, token), now => now.All(code => !code.EndsWith("-unknown", StringComparison.Ordinal)));
    }

    private const string Question = "api/v1/mtls/readiness?lookback=1h&namespace=payments";

    private static async Task<List<string>> CodesAsync(ConsoleProcess console, CancellationToken cancellationToken = default)
    {
        var found = await console.GetJsonAsync(Question, cancellationToken);
        return [.. found["blockers"]!.AsArray().Concat(found["unproven"]!.AsArray()).Select(one => Text(one!["code"])!)];
    }

    private static Task Becomes(string what, ConsoleProcess console, Func<JsonNode, bool> expected, string? because = null) =>
        Eventually.BecomesAsync(because is null ? what : $"{what}: {because}", s_soon, token => console.GetJsonAsync(Question, token), expected);

    private static bool Is(JsonNode? finding, string code, string workload) => Text(finding!["code"]) == code && Text(finding["workload"]) == workload;

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private static async Task<ConsoleProcess> StartAsync(RealKubernetes kubernetes, string user)
    {
        var console = await ConsoleProcess.StartAsync(HandMeshRig.Settings(kubernetes.WriteKubeconfig(user), new Uri($"http://127.0.0.1:{LoopbackPorts.Take()}/")));
        await console.UntilReadyAsync();
        return console;
    }
}
