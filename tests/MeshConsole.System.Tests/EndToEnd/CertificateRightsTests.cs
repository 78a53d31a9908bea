using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.System.Tests.Browsing;
using MeshConsole.Testing.RealServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// Certificates of a real API server: a root rotation that is half done in three namespaces, private keys pasted where
/// certificates belong, and an account that may not read Secrets. Prometheus is away all the while.
/// </summary>
public sealed class CertificateRightsTests
{
    private const string Cluster = "prod";

    private static readonly string[] s_endpoints =
    [
        "api/v1/status", "api/v1/certificates", "api/v1/certificates/trust", "api/v1/certificates/forecast", "api/v1/certificates.ics", "api/v1/certificates.ics?kind=root,issuer,gateway,workload,certManager,webhook",
        "api/v1/topology?view=workload", "api/v1/topology?view=namespace", "api/v1/mtls", "api/v1/mtls/policies", "api/v1/latency/hops", "api/v1/routes", "api/v1/changes", "api/v1/audit", "metrics", "openapi/v1.json",
    ];

    [SkippableFact]
    public async Task HalfRotatedRoots_AreFoundAndPlantedKeysAreNowhere()
    {
        Requires.Kubernetes();
        await using var kubernetes = await RealKubernetes.StartAsync();
        using var planted = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var mesh = await PlantAsync(kubernetes, planted);
        await using (var console = await StartAsync(kubernetes, "admin"))
        {
            await TrustIsToldAsync(console, mesh);
            var rows = (await console.GetJsonAsync("api/v1/certificates")).AsArray();

            // The certificate beside a pasted key is read, the key is not, and somebody is told to replace it.
            var gateway = rows.Single(row => Text(row!["id"]) == $"{Cluster}/gateway/edge/pay-tls")!;
            Text(gateway["state"]).ShouldBe("expiring");
            gateway["notes"]!.AsArray().Select(note => Text(note!["code"])).ShouldContain("misplaced");
            Text(rows.Single(row => Text(row!["id"]) == $"{Cluster}/gateway/edge/wrong-tls")!["message"])!.ShouldContain("holds a private key beside or instead of the certificate; it was not read");

            var needles = Needles(planted);
            var told = new StringBuilder(console.Output);
            foreach (var endpoint in s_endpoints)
            {
                told.Append(await TextAsync(console, endpoint));
            }

            await PagesAsync(console, ["certificates", $"certificates?selected={Uri.EscapeDataString($"{Cluster}/gateway/edge/pay-tls")}", ""], async view => told.Append(await view.ContentAsync()));
            told.ToString().Contains("pay.example", StringComparison.Ordinal).ShouldBeTrue("what is public is told");
            foreach (var (name, needle) in needles)
            {
                told.ToString().Contains(Encoding.Latin1.GetString(needle), StringComparison.OrdinalIgnoreCase).ShouldBeFalse(name);
            }

            await MemoryIsCleanAsync(console, needles[..2]);
        }
    }

    [SkippableFact]
    public async Task AccountWithoutSecrets_IsToldWhichRoleAndTheRestWorks()
    {
        Requires.Kubernetes();
        await using var kubernetes = await RealKubernetes.StartAsync();
        using var planted = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await PlantAsync(kubernetes, planted);
        await kubernetes.AllowAsync("limited", null, "", ["namespaces", "pods", "services", "configmaps", "nodes"], ["get", "list", "watch"]);
        await kubernetes.AllowAsync("limited", null, "networking.istio.io", ["gateways", "virtualservices", "destinationrules", "serviceentries", "sidecars"], ["get", "list", "watch"]);
        await using var console = await StartAsync(kubernetes, "limited");

        var rows = (await console.GetJsonAsync("api/v1/certificates")).AsArray();
        rows.Count(row => Text(row!["kind"]) == "root" && Text(row["state"]) == "valid").ShouldBe(2);
        var gateway = rows.Single(row => Text(row!["id"]) == $"{Cluster}/gateway/edge/pay-tls")!;
        Text(gateway["state"]).ShouldBe("unknown");
        Text(gateway["message"]).ShouldStartWith("Secret edge/pay-tls is not known: The console's account may not list and watch secrets in all namespaces");
        gateway["notAfter"].ShouldBeNull();

        // Which root istiod signs under lies in a Secret: namespaces are compared with each other, and that is said.
        var trust = (await console.GetJsonAsync("api/v1/certificates/trust"))[0]!;
        trust["authority"]!.AsArray().ShouldBeEmpty();
        Text(trust["authorityProblem"]).ShouldStartWith("Which root istiod signs under is not known");
        trust["namespaces"]!.AsArray().Count(one => one!["missing"]!.AsArray().Count > 0).ShouldBe(2);

        (await TextAsync(console, "metrics")).ShouldContain("mesh_certificate_state{cluster=\"prod\",kind=\"gateway\",namespace=\"edge\",certificate=\"prod/gateway/edge/pay-tls\",state=\"unknown\"} 1");
        await PagesAsync(console, ["certificates"], async view =>
        {
            var note = view.Locator(".unseen-note");
            await note.WaitForAsync();
            (await note.InnerTextAsync()).ShouldContain("Certificates of gateways and webhooks, and what istiod signs with");
            var yaml = await view.Locator("pre.yaml").First.TextContentAsync();
            yaml!.ShouldContain("kind: ClusterRole");
            yaml!.ShouldContain("name: \"limited\"");

            // The rule is the exact one: applied as it is, it opens what was closed.
            await ApplyAsync(kubernetes, yaml!);
        });
        await Eventually.BecomesAsync(
            "the certificate of the gateway is seen once the rule is applied",
            TimeSpan.FromSeconds(60),
            async token => Text((await console.GetJsonAsync("api/v1/certificates", token)).AsArray().Single(row => Text(row!["id"]) == $"{Cluster}/gateway/edge/pay-tls")!["state"]),
            state => state == "expiring");
    }

    /// <summary>Everything that can be reached from what the watchers hold: records, pools of strings, parsers. Also as text and as base64.</summary>
    [SkippableFact]
    public async Task KeptObjects_OfARealCluster_HoldNoKey()
    {
        Requires.Kubernetes();
        await using var kubernetes = await RealKubernetes.StartAsync();
        using var planted = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await PlantAsync(kubernetes, planted);
        using var client = new KubernetesClient(Kubeconfig.Load(kubernetes.WriteKubeconfig()).Connect(null, TimeProvider.System), TimeProvider.System);
        using var source = new ClusterObjectSource(client, new ClusterWatchOptions(), TimeProvider.System, NullLogger<ClusterObjectSource>.Instance);
        using var stop = new CancellationTokenSource();
        var running = source.RunAsync(stop.Token);
        await source.Ready.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        source.Objects.Secrets.Length.ShouldBeGreaterThanOrEqualTo(3);

        var (seen, found) = Walk(source, Needles(planted));

        seen.ShouldBeGreaterThan(1_000, "the walk reached the objects");
        found.ShouldBeEmpty();
        await stop.CancelAsync();
        await running;
    }

    private static (int Seen, List<string> Found) Walk(object root, List<(string Name, byte[] Bytes)> needles)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<(object Value, string Path)>([(root, "")]);
        var found = new List<string>();
        while (open.TryPop(out var next))
        {
            var (current, path) = next;
            if (current is Type or Pointer or global::System.Reflection.MemberInfo || current.GetType().Namespace?.StartsWith("System.Net", StringComparison.Ordinal) == true || !seen.Add(current))
            {
                continue;
            }

            var bytes = current switch { string text => Encoding.Latin1.GetBytes(text), byte[] array => array, _ => null };
            if (bytes is not null)
            {
                found.AddRange(needles.Where(needle => bytes.AsSpan().IndexOf(needle.Bytes) >= 0).Select(needle => $"{needle.Name} at {path}"));
                continue;
            }

            if (current is Array { Length: > 0 } items && !current.GetType().GetElementType()!.IsPrimitive)
            {
                foreach (var item in items)
                {
                    if (item is not null)
                    {
                        open.Push((item, path + "[]"));
                    }
                }
            }

            for (var type = current.GetType(); type is not null && type != typeof(object); type = type.BaseType)
            {
                foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    if (!field.FieldType.IsPrimitive && !field.FieldType.IsEnum && !field.FieldType.IsPointer && !field.FieldType.IsByRefLike && field.GetValue(current) is { } value)
                    {
                        open.Push((value, $"{path}.{field.Name}"));
                    }
                }
            }
        }

        return (seen.Count, found);
    }

    private static async Task TrustIsToldAsync(ConsoleProcess console, Planted mesh)
    {
        var trust = (await console.GetJsonAsync("api/v1/certificates/trust"))[0]!;
        trust["authority"]!.AsArray().Select(Text).ShouldBe([mesh.New]);
        trust["namespaces"]!.AsArray().Select(one => $"{Text(one!["namespace"])} {one["trustsAuthority"]} {string.Join(',', one["missing"]!.AsArray().Select(Text))} {(one["breaks"] is null ? "fine" : "breaks")}")
            .ShouldBe([$"batch false {mesh.New} breaks", "payments true  fine", $"risk true {mesh.Old} breaks"]);
        var metrics = await TextAsync(console, "metrics");
        metrics.ShouldContain("mesh_root_trust_broken{cluster=\"prod\",namespace=\"batch\",authority=\"refused\"} 1");
        metrics.ShouldContain("mesh_root_trust_broken{cluster=\"prod\",namespace=\"risk\",authority=\"trusted\"} 1");
        metrics.ShouldNotContain("mesh_mtls_coverage_ratio{", customMessage: "Prometheus never answered: coverage is absent, not zero");
    }

    /// <summary>Opens the pages in a browser where there is one.</summary>
    private static async Task PagesAsync(ConsoleProcess console, string[] paths, Func<IPage, Task> read)
    {
        if (ToolLocator.Chromium is null)
        {
            return;
        }

        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(console.Address);
        foreach (var path in paths)
        {
            await page.CheckAsync("certificate-rights", async view =>
            {
                await view.GotoAsync(path);
                await view.Locator("main h1, main h2").First.WaitForAsync();
                await read(view);
            });
        }
    }

    /// <summary>
    /// A full core of the live process, written by createdump: nowhere is a key in the form in which it can be used. Its
    /// encoded text is not looked for here: the runtime's own receive buffers, below our code, hold pieces of the server's
    /// answers until they are overwritten. What the console itself keeps is walked in KeptObjects_OfARealCluster_HoldNoKey.
    /// </summary>
    private static async Task MemoryIsCleanAsync(ConsoleProcess console, IReadOnlyList<(string Name, byte[] Bytes)> needles)
    {
        if (Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "createdump") is var tool && !File.Exists(tool))
        {
            return;
        }

        using var scratch = ScratchFolder.Create("dump");
        var core = scratch.File("core");
        var start = new ProcessStartInfo(tool) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "--full", "--name", core, console.ProcessId.ToString(global::System.Globalization.CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        File.Exists(core).ShouldBeTrue(string.Concat(output));

        // The dump is good for a search only if it finds what must be there: a subject of a public certificate.
        (await FoundAsync(core, Encoding.UTF8.GetBytes("pay.example"))).ShouldBeTrue("the dump is of the right process");
        var found = new List<string>();
        foreach (var (name, bytes) in needles)
        {
            if (await FoundAsync(core, bytes) || await FoundAsync(core, Encoding.Unicode.GetBytes(Encoding.Latin1.GetString(bytes))))
            {
                found.Add(name);
            }
        }

        found.ShouldBeEmpty();
    }

    private static async Task<bool> FoundAsync(string file, byte[] needle)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true);
        var buffer = new byte[1 << 22];
        var held = 0;
        while (await stream.ReadAsync(buffer.AsMemory(held)) is > 0 and var read)
        {
            var length = held + read;
            if (buffer.AsSpan(0, length).IndexOf(needle) >= 0)
            {
                return true;
            }

            held = Math.Min(needle.Length - 1, length);
            buffer.AsSpan(length - held, held).CopyTo(buffer);
        }

        return false;
    }

    /// <summary>The key in every form in which it could leave: the number itself, its DER, lines of its PEM, the base64 of a Secret.</summary>
    private static List<(string Name, byte[] Bytes)> Needles(ECDsa key)
    {
        var pem = key.ExportPkcs8PrivateKeyPem();
        var line = pem.Split('\n')[2];
        var encoded = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
        return
        [
            ("the scalar", key.ExportParameters(includePrivateParameters: true).D!),
            ("hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(key.ExportParameters(includePrivateParameters: true).D!))),
            ("a line of the PEM", Encoding.ASCII.GetBytes(line)),
            ("the base64 of a Secret", Encoding.ASCII.GetBytes(encoded[80..160])),
        ];
    }

    private static async Task<ConsoleProcess> StartAsync(RealKubernetes kubernetes, string user)
    {
        var settings = HandMeshRig.Settings(kubernetes.WriteKubeconfig(user), new Uri($"http://127.0.0.1:{LoopbackPorts.Take()}/"));
        settings["Clusters:0:Name"] = Cluster;
        var console = await ConsoleProcess.StartAsync(settings);
        await console.UntilReadyAsync();
        return console;
    }

    private static async Task<Planted> PlantAsync(RealKubernetes kubernetes, ECDsa planted)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var oldKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var newKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (old, fresh) = (SelfSigned(oldKey, "O=cluster.local", now.AddDays(-3000), now.AddDays(100)), SelfSigned(newKey, "O=cluster.local", now.AddDays(-1), now.AddDays(3649)));
        var leaf = SelfSigned(planted, "CN=pay.example", now.AddDays(-85), now.AddDays(5));
        var key = planted.ExportPkcs8PrivateKeyPem() + "\n";
        foreach (var space in new[] { "istio-system", "payments", "risk", "batch", "edge" })
        {
            await kubernetes.Admin.CreateNamespaceAsync(space);
        }

        // istiod signs under the new root: payments has both, batch was left out, risk dropped the old one too early.
        await MapAsync("payments", "root-cert.pem", old.Pem + fresh.Pem);
        await MapAsync("batch", "root-cert.pem", old.Pem);

        // A key pasted into a ConfigMap that everybody may read.
        await MapAsync("risk", "root-cert.pem", fresh.Pem + key);
        await SecretAsync("istio-system", "cacerts", "Opaque", ("ca-cert.pem", fresh.Pem), ("ca-key.pem", key), ("root-cert.pem", fresh.Pem), ("cert-chain.pem", key + fresh.Pem));
        await SecretAsync("edge", "pay-tls", "kubernetes.io/tls", ("tls.crt", leaf.Pem + key), ("tls.key", key), ("ca.crt", key));
        await SecretAsync("edge", "wrong-tls", "kubernetes.io/tls", ("tls.crt", key), ("tls.key", leaf.Pem));
        await SecretAsync("edge", "generic", "Opaque", ("cert", key), ("key", key), ("password", key));
        await kubernetes.Admin.CreateAsync("apis/networking.istio.io/v1beta1/namespaces/edge/gateways", JsonNode.Parse("""
            {"apiVersion":"networking.istio.io/v1beta1","kind":"Gateway","metadata":{"name":"edge"},"spec":{"selector":{"istio":"ingress"},"servers":[
              {"port":{"number":443,"name":"a","protocol":"HTTPS"},"hosts":["pay.example"],"tls":{"mode":"SIMPLE","credentialName":"kubernetes://edge/pay-tls"}},
              {"port":{"number":443,"name":"b","protocol":"HTTPS"},"hosts":["b.example"],"tls":{"mode":"SIMPLE","credentialName":"kubernetes://edge/wrong-tls"}}]}}
            """)!);
        return new Planted(old.Fingerprint, fresh.Fingerprint);

        Task MapAsync(string space, string name, string value) => kubernetes.Admin.CreateAsync(
            $"api/v1/namespaces/{space}/configmaps",
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "istio-ca-root-cert" }, ["data"] = new JsonObject { [name] = value } });

        Task SecretAsync(string space, string name, string type, params (string Key, string Value)[] data)
        {
            var values = new JsonObject();
            foreach (var (entry, value) in data)
            {
                values[entry] = Convert.ToBase64String(Encoding.ASCII.GetBytes(value));
            }

            return kubernetes.Admin.CreateAsync(
                $"api/v1/namespaces/{space}/secrets",
                new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret", ["type"] = type, ["metadata"] = new JsonObject { ["name"] = name }, ["data"] = values });
        }
    }

    private static (string Pem, string Fingerprint) SelfSigned(ECDsa key, string subject, DateTimeOffset from, DateTimeOffset until)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(subject.StartsWith('O'), false, 0, true));
        using var certificate = request.CreateSelfSigned(from, until);
        return (certificate.ExportCertificatePem() + "\n", Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)));
    }

    private static async Task ApplyAsync(RealKubernetes kubernetes, string yaml)
    {
        foreach (var document in yaml.Split("\n---\n"))
        {
            var kind = document.Split('\n').Single(line => line.StartsWith("kind: ", StringComparison.Ordinal))["kind: ".Length..].Trim();
            await kubernetes.Admin.CreateYamlAsync($"apis/rbac.authorization.k8s.io/v1/{kind.ToLowerInvariant()}s", document);
        }
    }

    private static async Task<string> TextAsync(ConsoleProcess console, string path)
    {
        using var response = await console.Http.GetAsync(new Uri(path, UriKind.Relative));
        response.IsSuccessStatusCode.ShouldBeTrue(path);
        return await response.Content.ReadAsStringAsync();
    }

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private sealed record Planted(string Old, string New);
}
