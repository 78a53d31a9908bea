using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MeshConsole.Testing.RealServices;

/// <summary>
/// A real kube-apiserver over a real etcd, both on loopback with scratch folders: RBAC is on, users have bearer tokens, no
/// controllers run. It can be killed and brought back on the same port with its data kept.
/// </summary>
public sealed class RealKubernetes : IAsyncDisposable
{
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(90);

    private readonly ScratchFolder _scratch;
    private readonly RealKubernetesOptions _options;
    private readonly TlsIdentity _tls;
    private readonly int _etcdPort = LoopbackPorts.Take();
    private readonly int _etcdPeerPort = LoopbackPorts.Take();
    private readonly int _port = LoopbackPorts.Take();
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly List<ApiClient> _clients = [];
    private readonly HttpClient _etcdClient;
    private readonly TcpRelay? _etcdRelay;
    private ChildProcess? _etcd;
    private ChildProcess? _server;

    private RealKubernetes(RealKubernetesOptions options)
    {
        _options = options;
        _scratch = ScratchFolder.Create("kubernetes");
        _tls = TlsIdentity.Create(_scratch.Path);
        _etcdClient = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_etcdPort}/") };
        _etcdRelay = options.RelayedEtcd ? TcpRelay.To(_etcdClient.BaseAddress!) : null;
        foreach (var user in options.Users.Prepend("admin"))
        {
            _tokens[user] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        }
    }

    public Uri Server => new($"https://127.0.0.1:{_port}/");

    /// <summary>PEM file of the authority that signed the server's certificate.</summary>
    public string AuthorityFile => _tls.AuthorityFile;

    /// <summary>The test's own client with all rights: plain HTTP and JSON, nothing of the code under test.</summary>
    public ApiClient Admin => field ??= ClientFor("admin");

    /// <summary>What lies between the API server and etcd with <see cref="RealKubernetesOptions.RelayedEtcd"/>.</summary>
    public TcpRelay EtcdRelay => _etcdRelay ?? throw new InvalidOperationException($"{nameof(RealKubernetesOptions.RelayedEtcd)} was not asked for.");

    /// <summary>The last lines that the API server wrote.</summary>
    public string ServerLog => _server?.LastLines(100) ?? "";

    public static async Task<RealKubernetes> StartAsync(RealKubernetesOptions? options = null, CancellationToken cancellationToken = default)
    {
        var cluster = new RealKubernetes(options ?? new RealKubernetesOptions());
        try
        {
            cluster.WriteCredentials();
            await cluster.StartEtcdAsync(cancellationToken);
            cluster._server = cluster.LaunchServer(cluster._port, cluster._etcdRelay?.Port ?? cluster._etcdPort);
            await cluster.UntilServingAsync(cluster._server, cluster.Admin, cancellationToken);
            await CustomResourceDefinitions.LoadAsync(cluster.Admin, cluster._options.CustomResources, cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public string TokenOf(string user) => _tokens[user];

    /// <summary>A client that speaks as this user. Disposed with the cluster.</summary>
    public ApiClient ClientFor(string user) => NewClient(Server, user);

    /// <summary>A handler that trusts this server, for a client that brings its own credentials.</summary>
    public HttpMessageHandler TrustingHandler() => _tls.Handler();

    /// <summary>Writes a kubeconfig with one context, its authority inline, and returns the path.</summary>
    /// <param name="server">Another address of the server, e.g. that of a <see cref="TcpRelay"/>.</param>
    public string WriteKubeconfig(string user = "admin", Uri? server = null)
    {
        var path = _scratch.File($"kubeconfig-{user}-{Guid.NewGuid():N}.yaml");
        File.WriteAllText(path, $"""
            apiVersion: v1
            kind: Config
            current-context: real
            contexts:
            - name: real
              context:
                cluster: real
                user: {user}
            clusters:
            - name: real
              cluster:
                server: {(server ?? Server).GetLeftPart(UriPartial.Authority)}
                certificate-authority-data: {Convert.ToBase64String(File.ReadAllBytes(AuthorityFile))}
            users:
            - name: {user}
              user:
                token: {TokenOf(user)}

            """);
        return path;
    }

    /// <summary>Lets a user do these verbs on these resources, in one namespace or (null) everywhere.</summary>
    public async Task AllowAsync(string user, string? @namespace, string apiGroup, string[] resources, string[] verbs, CancellationToken cancellationToken = default)
    {
        var name = $"{user}-{Guid.NewGuid():N}";
        var folder = @namespace is null ? "" : $"namespaces/{@namespace}/";
        var (role, binding) = @namespace is null ? ("ClusterRole", "ClusterRoleBinding") : ("Role", "RoleBinding");
        await Admin.CreateAsync(
            $"apis/rbac.authorization.k8s.io/v1/{folder}{role.ToLowerInvariant()}s",
            new JsonObject
            {
                ["apiVersion"] = "rbac.authorization.k8s.io/v1",
                ["kind"] = role,
                ["metadata"] = new JsonObject { ["name"] = name },
                ["rules"] = new JsonArray(new JsonObject
                {
                    ["apiGroups"] = new JsonArray(apiGroup),
                    ["resources"] = new JsonArray([.. resources.Select(resource => JsonValue.Create(resource))]),
                    ["verbs"] = new JsonArray([.. verbs.Select(verb => JsonValue.Create(verb))]),
                }),
            },
            cancellationToken);
        await Admin.CreateAsync(
            $"apis/rbac.authorization.k8s.io/v1/{folder}{binding.ToLowerInvariant()}s",
            new JsonObject
            {
                ["apiVersion"] = "rbac.authorization.k8s.io/v1",
                ["kind"] = binding,
                ["metadata"] = new JsonObject { ["name"] = name },
                ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "User", ["name"] = user, ["apiGroup"] = "rbac.authorization.k8s.io" }),
                ["roleRef"] = new JsonObject { ["kind"] = role, ["name"] = name, ["apiGroup"] = "rbac.authorization.k8s.io" },
            },
            cancellationToken);
    }

    /// <summary>Installs CRDs later than the start.</summary>
    public Task InstallAsync(CustomResources which, CancellationToken cancellationToken = default) => CustomResourceDefinitions.LoadAsync(Admin, which, cancellationToken);

    /// <summary>Kills the API server; etcd keeps the data.</summary>
    public async Task KillServerAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync();
        }
    }

    /// <summary>Brings the API server back on its port and waits until it is ready.</summary>
    public async Task StartServerAsync(CancellationToken cancellationToken = default)
    {
        if (_server is not null)
        {
            throw new InvalidOperationException("The API server runs already.");
        }

        _server = LaunchServer(_port, _etcdRelay?.Port ?? _etcdPort);
        await UntilServingAsync(_server, Admin, cancellationToken);
    }

    /// <summary>The API server stays and answers nothing, with its connections open.</summary>
    public void FreezeServer() => _server!.Freeze();

    public void ThawServer() => _server!.Thaw();

    /// <summary>Does something through a second API server on the same etcd: how the cluster changes while the first one is down.</summary>
    public async Task ThroughPeerAsync(Func<ApiClient, Task> change, CancellationToken cancellationToken = default)
    {
        var port = LoopbackPorts.Take();
        await using var peer = LaunchServer(port, _etcdPort);
        var client = NewClient(new Uri($"https://127.0.0.1:{port}/"), "admin");
        await UntilServingAsync(peer, client, cancellationToken);
        await change(client);
    }

    /// <summary>Drops etcd's history up to now, so that reads and watches from an older version answer 410 once they reach etcd.</summary>
    public async Task CompactAsync(CancellationToken cancellationToken = default)
    {
        var header = await PostEtcdAsync("v3/kv/range", new JsonObject { ["key"] = "Lw==", ["count_only"] = true }, cancellationToken);
        var revision = header["header"]!["revision"]!.GetValue<string>();
        await PostEtcdAsync("v3/kv/compaction", new JsonObject { ["revision"] = revision, ["physical"] = true }, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await KillServerAsync();
        if (_etcdRelay is { } relay)
        {
            await relay.DisposeAsync();
        }

        if (_etcd is { } etcd)
        {
            await etcd.DisposeAsync();
        }

        foreach (var client in _clients)
        {
            client.Dispose();
        }

        _etcdClient.Dispose();
        _scratch.Dispose();
    }

    private async Task<JsonNode> PostEtcdAsync(string path, JsonNode body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _etcdClient.PostAsync(new Uri(path, UriKind.Relative), content, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"etcd {path}: {(int)response.StatusCode} {text}");
    }

    private ApiClient NewClient(Uri server, string user)
    {
        var http = new HttpClient(_tls.Handler()) { BaseAddress = server, Timeout = TimeSpan.FromMinutes(5) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TokenOf(user));
        var client = new ApiClient(http);
        _clients.Add(client);
        return client;
    }

    private void WriteCredentials()
    {
        using var key = RSA.Create(2048);
        File.WriteAllText(_scratch.File("sa.key"), key.ExportRSAPrivateKeyPem() + "\n");
        File.WriteAllText(_scratch.File("sa.pub"), key.ExportSubjectPublicKeyInfoPem() + "\n");
        File.WriteAllLines(
            _scratch.File("tokens.csv"),
            _tokens.Select(entry => entry.Key == "admin" ? $"{entry.Value},admin,admin,\"system:masters\"" : $"{entry.Value},{entry.Key},{entry.Key}"));
    }

    private async Task StartEtcdAsync(CancellationToken cancellationToken)
    {
        var etcd = ChildProcess.Start(
            "etcd",
            ToolLocator.Etcd!,
            [
                "--name=test",
                $"--data-dir={_scratch.Folder("etcd")}",
                $"--listen-client-urls=http://127.0.0.1:{_etcdPort}",
                $"--advertise-client-urls=http://127.0.0.1:{_etcdPort}",
                $"--listen-peer-urls=http://127.0.0.1:{_etcdPeerPort}",
                $"--initial-advertise-peer-urls=http://127.0.0.1:{_etcdPeerPort}",
                $"--initial-cluster=test=http://127.0.0.1:{_etcdPeerPort}",
                "--logger=zap",
                "--log-level=warn",
            ],
            // On other processors than amd64 etcd 3.4 asks to be told that it is meant.
            new Dictionary<string, string?> { ["ETCD_UNSUPPORTED_ARCH"] = "arm64" });
        _etcd = etcd;
        await etcd.WaitUntilAsync(
            async token =>
            {
                using var health = await _etcdClient.GetAsync(new Uri("health", UriKind.Relative), token);
                return health.IsSuccessStatusCode;
            },
            s_startPatience,
            cancellationToken);
    }

    private ChildProcess LaunchServer(int port, int etcdPort) => ChildProcess.Start(
        "kube-apiserver",
        ToolLocator.KubeApiserver!,
        [
            $"--etcd-servers=http://127.0.0.1:{etcdPort}",
            $"--secure-port={port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            $"--cert-dir={_scratch.Folder("certificates")}",
            $"--tls-cert-file={_tls.CertificateFile}",
            $"--tls-private-key-file={_tls.KeyFile}",
            "--service-cluster-ip-range=10.0.0.0/16",
            $"--service-account-key-file={_scratch.File("sa.pub")}",
            $"--service-account-signing-key-file={_scratch.File("sa.key")}",
            "--service-account-issuer=https://kubernetes.default.svc",
            $"--token-auth-file={_scratch.File("tokens.csv")}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged",
            // The caller's tests run against loopback ports; nothing here is to reach or wait for a service network.
            "--endpoint-reconciler-type=none",
            $"--watch-cache={(_options.WatchCache ? "true" : "false")}",
            .. _options.ExtraArguments,
        ]);

    private async Task UntilServingAsync(ChildProcess server, ApiClient client, CancellationToken cancellationToken) =>
        await server.WaitUntilAsync(
            async token =>
            {
                using var ready = await client.Http.GetAsync(new Uri("readyz", UriKind.Relative), token);
                return ready.IsSuccessStatusCode;
            },
            s_startPatience,
            cancellationToken);
}
