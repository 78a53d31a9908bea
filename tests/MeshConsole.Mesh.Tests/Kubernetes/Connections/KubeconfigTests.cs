using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Kubernetes.Connections;

public sealed class KubeconfigTests : IDisposable
{
    private const string Minimal = """
        apiVersion: v1
        kind: Config
        current-context: prod
        clusters:
        - name: prod-cluster
          cluster: {server: "https://10.0.0.1:6443"}
        users:
        - name: prod-user
          user: {token: abc}
        contexts:
        - name: prod
          context: {cluster: prod-cluster, user: prod-user, namespace: payments}
        """;

    private readonly TestFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Connect_CurrentContext_GivesServerNamespaceAndToken()
    {
        var config = Load(Minimal);
        config.CurrentContext.ShouldBe("prod");
        config.Contexts.ShouldBe(["prod"]);

        var connection = config.Connect(null, _time);

        connection.Server.ShouldBe(new Uri("https://10.0.0.1:6443/"));
        connection.Namespace.ShouldBe("payments");
        connection.Description.ShouldContain("prod");
        (await Credential(connection)).Authorization!.ToString().ShouldBe("Bearer abc");
        (await Credential(connection)).ToString()!.ShouldNotContain("abc");
    }

    [Fact]
    public void Connect_ServerWithPathAsJson_KeepsThePath()
    {
        var config = Load("""{"clusters":[{"name":"c","cluster":{"server":"https://rancher.example/k8s/clusters/c-1","tls-server-name":"api","proxy-url":"socks5://proxy:1080"}}],"contexts":[{"name":"x","context":{"cluster":"c"}}]}""");

        var connection = config.Connect("x", _time);

        connection.Server.AbsoluteUri.ShouldBe("https://rancher.example/k8s/clusters/c-1/");
        connection.TlsServerName.ShouldBe("api");
        connection.Proxy.ShouldBe(new Uri("socks5://proxy:1080"));
    }

    [Fact]
    public void Load_ListOfFiles_FirstMentionWinsAndMissingFilesArePassedOver()
    {
        var first = _folder.Write("first", "current-context: b\nclusters:\n- {name: c, cluster: {server: 'https://first'}}\n");
        var second = _folder.Write("second", """
            current-context: a
            clusters:
            - {name: c, cluster: {server: 'https://second'}}
            contexts:
            - {name: a, context: {cluster: c}}
            - {name: b, context: {cluster: c, namespace: of-b}}
            """);
        var list = string.Join(Path.PathSeparator, first, Path.Combine(_folder.Path, "absent"), second);

        var config = Kubeconfig.Load(null, name => name == "KUBECONFIG" ? list : null);
        var connection = config.Connect(null, _time);

        config.Contexts.ShouldBe(["a", "b"]);
        connection.Server.Host.ShouldBe("first");
        connection.Namespace.ShouldBe("of-b");
    }

    [Fact]
    public void Load_NothingNamed_ReadsTheFileInTheHomeDirectory()
    {
        _folder.Write(".kube/config", Minimal);
        Kubeconfig.Load(null, name => name == "HOME" ? _folder.Path : null).CurrentContext.ShouldBe("prod");
        Kubeconfig.Load("~/.kube/config", name => name == "HOME" ? _folder.Path : null).CurrentContext.ShouldBe("prod");
    }

    [Fact]
    public async Task Connect_RelativePaths_AreRelativeToTheFileTheyStandIn()
    {
        var (certificate, key) = _authority.Sign("CN=console");
        _folder.Write("sub/pki/ca.crt", _authority.Pem);
        _folder.Write("sub/pki/client.crt", certificate);
        _folder.Write("sub/pki/client.key", key);
        _folder.Write("sub/token", "from-file\n");
        var file = _folder.Write("sub/config", """
            clusters:
            - {name: c, cluster: {server: 'https://x', certificate-authority: pki/ca.crt}}
            users:
            - {name: u, user: {client-certificate: pki/client.crt, client-key: ./pki/client.key, tokenFile: token}}
            contexts:
            - {name: x, context: {cluster: c, user: u}}
            """);

        var credential = await Credential(Kubeconfig.Load(file).Connect("x", _time));

        credential.Authorization!.Parameter.ShouldBe("from-file");
        credential.Certificate.ShouldNotBeNull();
    }

    [Fact]
    public async Task TokenFile_Replaced_IsReadAgainAfterAMinuteOrARefusal()
    {
        var token = _folder.Write("token", "first");
        var connection = Load(User("tokenFile: token")).Connect("x", _time);
        (await Credential(connection)).Authorization!.Parameter.ShouldBe("first");

        File.WriteAllText(token, "second");
        (await Credential(connection)).Authorization!.Parameter.ShouldBe("first");
        _time.Advance(TimeSpan.FromMinutes(1));
        var second = await Credential(connection);
        second.Authorization!.Parameter.ShouldBe("second");

        File.WriteAllText(token, "third");
        connection.Credentials.Refused(second);
        var third = await Credential(connection);
        third.Authorization!.Parameter.ShouldBe("third");

        // The same token again is the same credential: nothing is gained by a second try.
        connection.Credentials.Refused(third);
        (await Credential(connection)).ShouldBeSameAs(third);

        // A moment without the file does not lose the account.
        File.Delete(token);
        _time.Advance(TimeSpan.FromMinutes(2));
        (await Credential(connection)).Authorization!.Parameter.ShouldBe("third");
    }

    [Fact]
    public async Task User_WithPassword_IsBasic()
    {
        var connection = Load(User("username: jane\n    password: 'p:w'")).Connect("x", _time);
        (await Credential(connection)).Authorization!.ToString().ShouldBe("Basic amFuZTpwOnc=");
    }

    [Fact]
    public async Task User_Absent_IsAnonymous()
    {
        var connection = Load("clusters: [{name: c, cluster: {server: 'https://x'}}]\ncontexts: [{name: x, context: {cluster: c}}]").Connect("x", _time);
        (await Credential(connection)).Authorization.ShouldBeNull();
    }

    [Fact]
    public void User_ActingForAnother_IsKeptWithTheConnection()
    {
        var connection = Load(User("{token: abc, as: jane, as-groups: [sre, dev]}")).Connect("x", _time);
        connection.Impersonation!.User.ShouldBe("jane");
        connection.Impersonation!.Groups.ShouldBe(["sre", "dev"]);
    }

    [Theory]
    [InlineData("", "no context is chosen")]
    [InlineData("- just\n- a list", "must be a mapping")]
    [InlineData("kind: Pod", "a kubeconfig has kind Config")]
    [InlineData("clusters: {a: b}", "clusters (line 1) must be a list")]
    [InlineData("current-context: absent", "there is no context \"absent\"")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {}}]", "names no cluster")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {cluster: gone}}]", "there is no cluster \"gone\"")]
    [InlineData("contexts: [{context: {}}]", "contexts[0].name (line 1) is missing")]
    [InlineData("a: 'unclosed\ntoken: hunter2", "is not valid YAML (line")]
    public void Load_Wrong_SaysFileAndWhat(string yaml, string problem)
    {
        var file = _folder.Write("config", yaml);
        var exception = Should.Throw<KubeconfigException>(() => Kubeconfig.Load(file).Connect(null, _time));
        exception.File.ShouldBe(file);
        exception.Message.ShouldStartWith(file);
        exception.Message.ShouldContain(problem);
        exception.Message.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("server: ''", "has no server")]
    [InlineData("server: 10.0.0.1:6443", "must be an address such as https://")]
    [InlineData("server: 'ftp://x'", "must be an address such as https://")]
    [InlineData("{server: 'https://x', proxy-url: 'ftp://p'}", "must be an address that begins with http://, https:// or socks5://")]
    [InlineData("{server: 'https://x', certificate-authority-data: '%%%'}", "is not valid base64")]
    [InlineData("{server: 'https://x', certificate-authority-data: 'aGVsbG8='}", "holds no certificate")]
    [InlineData("{server: 'https://x', certificate-authority: absent.crt}", "cannot be read")]
    [InlineData("{server: 'https://x', insecure-skip-tls-verify: maybe}", "must be true or false")]
    [InlineData("{server: 'https://x', insecure-skip-tls-verify: true, certificate-authority: a}", "cannot be true beside certificate-authority")]
    public void Cluster_Wrong_SaysWhatIsLegal(string cluster, string problem)
    {
        var yaml = $"clusters:\n- name: c\n  cluster:\n    {cluster}\ncontexts: [{{name: x, context: {{cluster: c}}}}]";
        Should.Throw<KubeconfigException>(() => Load(yaml).Connect("x", _time)).Message.ShouldContain(problem);
    }

    [Theory]
    [InlineData("auth-provider: {name: gcp, config: {access-token: hunter2}}", "Kubernetes has removed")]
    [InlineData("token: 'two hunter2'", "must be one word")]
    [InlineData("tokenFile: absent", "does not exist")]
    [InlineData("as-groups: [a]", "stands without as")]
    [InlineData("{as: jane, as-uid: '7'}", "is not supported")]
    [InlineData("as: \"ja\\nne\"", "must be printable ASCII")]
    [InlineData("password: hunter2", "stands without a username")]
    [InlineData("client-certificate: a.crt", "stands without client-key")]
    [InlineData("client-key-data: aHVudGVyMg==", "stands without client-certificate")]
    [InlineData("{client-certificate: absent.crt, client-key: absent.key}", "cannot be read")]
    [InlineData("{client-certificate-data: aGVsbG8=, client-key-data: aHVudGVyMg==}", "cannot be used")]
    [InlineData("{client-certificate-data: '***', client-key-data: aHVudGVyMg==}", "is not valid base64")]
    [InlineData("exec: {command: x}", "must be client.authentication.k8s.io/v1 or")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", "must be client.authentication.k8s.io/v1 or")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x}", "interactiveMode")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", "needs a terminal")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Perhaps}", "must be Never, IfAvailable or Always")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1beta1}", "command (line")]
    public void User_Wrong_SaysWhatToDoAndNoSecret(string user, string problem)
    {
        var exception = Should.Throw<KubeconfigException>(() => Load(User(user)).Connect("x", _time));
        exception.Message.ShouldContain(problem);
        exception.Message.ShouldNotContain("hunter2");
        exception.Message.ShouldNotContain("aHVudGVyMg");
    }

    [Fact]
    public void Load_FileMissing_SaysWhatToDo()
    {
        Should.Throw<KubeconfigException>(() => Kubeconfig.Load(Path.Combine(_folder.Path, "absent"))).Message.ShouldContain("does not exist");
        Should.Throw<KubeconfigException>(() => Kubeconfig.Load(_folder.Path)).Message.ShouldContain("is a directory");
        Should.Throw<KubeconfigException>(() => Kubeconfig.Load(null, name => name == "HOME" ? _folder.Path : null)).Message.ShouldContain("InCluster");
        Should.Throw<KubeconfigException>(() => Kubeconfig.Load(null, name => name == "KUBECONFIG" ? "/absent-1:/absent-2" : null)).Message.ShouldContain("None of the files");
    }

    [Theory]
    [InlineData("10.96.0.1", "https://10.96.0.1/")]
    [InlineData("fd00::1", "https://[fd00::1]/")]
    [InlineData("[fd00::1]", "https://[fd00::1]/")]
    [InlineData("kubernetes.default.svc", "https://kubernetes.default.svc/")]
    public async Task InCluster_Mounted_ReadsAddressTokenAndNamespace(string host, string address)
    {
        var connection = InCluster(host, "443");

        connection.Server.AbsoluteUri.ShouldBe(address);
        connection.Namespace.ShouldBe("mesh-console");
        (await Credential(connection)).Authorization!.Parameter.ShouldBe("projected");
    }

    [Fact]
    public async Task InCluster_TokenRotatedThroughTheSymlink_IsReadAgain()
    {
        // As the kubelet does it: token -> ..data/token, and ..data is replaced as a whole.
        _folder.Write("..one/token", "one");
        _folder.Write("..two/token", "two");
        var data = Path.Combine(_folder.Path, "..data");
        Directory.CreateSymbolicLink(data, "..one");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "token"), "..data/token");
        _folder.Write("ca.crt", _authority.Pem);
        var connection = InClusterConnection.Create(_time, Environment("10.0.0.1", "443"), _folder.Path);
        (await Credential(connection)).Authorization!.Parameter.ShouldBe("one");

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "..two");
        _time.Advance(TimeSpan.FromSeconds(61));

        (await Credential(connection)).Authorization!.Parameter.ShouldBe("two");
    }

    [Fact]
    public void InCluster_Incomplete_SaysWhatIsMissing()
    {
        Should.Throw<KubeconfigException>(() => InClusterConnection.Create(_time, _ => null, _folder.Path)).Message.ShouldContain("does not run in a pod");
        Should.Throw<KubeconfigException>(() => InClusterConnection.Create(_time, Environment("10.0.0.1", "443"), _folder.Path)).Message.ShouldContain("automountServiceAccountToken");
        _folder.Write("token", "t");
        Should.Throw<KubeconfigException>(() => InClusterConnection.Create(_time, Environment("10.0.0.1", "443"), _folder.Path)).Message.ShouldContain("certificate authority cannot be read");
        _folder.Write("ca.crt", _authority.Pem);
        Should.Throw<KubeconfigException>(() => InClusterConnection.Create(_time, Environment("10.0.0.1", "no-port"), _folder.Path)).Message.ShouldContain("do not make an address");
    }

    private static Func<string, string?> Environment(string host, string port) => name => name switch
    {
        "KUBERNETES_SERVICE_HOST" => host,
        "KUBERNETES_SERVICE_PORT" => port,
        _ => null,
    };

    private static async Task<KubernetesCredential> Credential(KubernetesConnection connection) => await connection.Credentials.GetAsync(CancellationToken.None);

    private static string User(string user) => $"""
        clusters:
        - name: c
          cluster: {"{"}server: 'https://x'{"}"}
        contexts:
        - name: x
          context: {"{"}cluster: c, user: u{"}"}
        users:
        - name: u
          user:
            {user}
        """;

    private KubernetesConnection InCluster(string host, string port)
    {
        _folder.Write("token", "projected\n");
        _folder.Write("ca.crt", _authority.Pem);
        _folder.Write("namespace", "mesh-console");
        return InClusterConnection.Create(_time, Environment(host, port), _folder.Path);
    }

    private Kubeconfig Load(string yaml) => Kubeconfig.Load(_folder.Write("config", yaml));
}
