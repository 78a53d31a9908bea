using System.Text.Json;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Kubernetes.Connections;

/// <summary>Real programs (shell scripts) behind the exec entry of a kubeconfig.</summary>
public sealed class ExecCredentialsTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Token_WithExpiry_IsKeptUntilShortlyBefore()
    {
        var expiry = _time.GetUtcNow().AddMinutes(15);
        var connection = Connect($$"""
            echo run >> "$0.runs"
            n=$(wc -l < "$0.runs")
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-'$n'","expirationTimestamp":"{{expiry:yyyy-MM-ddTHH:mm:ssZ}}"} }'
            """);

        (await Get(connection)).Authorization!.Parameter.ShouldBe("token-1");
        _time.Advance(TimeSpan.FromMinutes(14));
        (await Get(connection)).Authorization!.Parameter.ShouldBe("token-1");
        _time.Advance(TimeSpan.FromSeconds(51));
        (await Get(connection)).Authorization!.Parameter.ShouldBe("token-2");
    }

    [Fact]
    public async Task Token_Refused_IsFetchedAgainOnce()
    {
        var connection = Connect("""
            echo run >> "$0.runs"
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-'$(wc -l < "$0.runs")'"}}'
            """);
        var first = await Get(connection);
        _time.Advance(TimeSpan.FromDays(30));
        (await Get(connection)).ShouldBeSameAs(first);

        connection.Credentials.Refused(first);
        connection.Credentials.Refused(first);
        var waiting = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Get(connection)));

        waiting.ShouldAllBe(credential => credential.Authorization!.Parameter == "token-2");
        connection.Credentials.Refused(first);
        (await Get(connection)).Authorization!.Parameter.ShouldBe("token-2");
    }

    [Fact]
    public async Task Plugin_IsToldArgumentsEnvironmentAndCluster()
    {
        var connection = Connect(
            """
            test "$KUBERNETES_EXEC_INFO" || exit 3
            printf '%s' "$KUBERNETES_EXEC_INFO" > "$0.info"
            read -r line && exit 4
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'"$1-$2-$REGION"'"}}'
            """,
            "args: [get, 'two words']\n      env: [{name: REGION, value: eu}]\n      provideClusterInfo: true");

        (await Get(connection)).Authorization!.Parameter.ShouldBe("get-two words-eu");

        using var info = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Path, "plugin.sh.info")));
        info.RootElement.GetProperty("apiVersion").GetString().ShouldBe("client.authentication.k8s.io/v1");
        var spec = info.RootElement.GetProperty("spec");
        spec.GetProperty("interactive").GetBoolean().ShouldBeFalse();
        spec.GetProperty("cluster").GetProperty("server").GetString().ShouldBe("https://x");
        spec.GetProperty("cluster").GetProperty("config").GetProperty("audience").GetString().ShouldBe("a");
        spec.GetProperty("cluster").GetProperty("config").GetProperty("ttl").GetInt32().ShouldBe(5);
    }

    [Fact]
    public async Task ClientCertificate_FromPlugin_IsUsed()
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Sign("CN=console");
        var answer = JsonSerializer.Serialize(new
        {
            apiVersion = "client.authentication.k8s.io/v1",
            kind = "ExecCredential",
            status = new { clientCertificateData = certificate, clientKeyData = key },
        });
        _folder.Write("answer.json", answer);
        var connection = Connect("cat \"$(dirname \"$0\")/answer.json\"");

        var credential = await Get(connection);

        credential.Authorization.ShouldBeNull();
        credential.Certificate!.Context.TargetCertificate.Subject.ShouldBe("CN=console");
    }

    [Theory]
    [InlineData("echo 'cannot log in: token=eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMzQ1Njc4OTAxMjM0NTY3ODkwIn0' >&2; exit 7", "ended with code 7: cannot log in")]
    [InlineData("exit 1", "it wrote nothing about why")]
    [InlineData("echo hello", "is not an ExecCredential in JSON")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"x"}}'""", "answered with client.authentication.k8s.io/v1beta1")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"}'""", "has no status")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"x"}}'""", "neither a token nor a client certificate")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"x","expirationTimestamp":"soon"}}'""", "not an RFC 3339 time")]
    public async Task Plugin_Failing_SaysWhyWithoutTokens(string script, string problem)
    {
        var connection = Connect(script);

        var exception = await Should.ThrowAsync<KubernetesException>(() => Get(connection));

        exception.Kind.ShouldBe(KubernetesErrorKind.NoCredentials);
        exception.Message.ShouldContain("user \"u\"");
        exception.Message.ShouldContain(problem);
        exception.Message.ShouldNotContain("eyJhbGci");
    }

    [Fact]
    public async Task Plugin_FailingWhileManyAsk_IsNotRunForEach()
    {
        var connection = Connect("echo run >> \"$0.runs\"; exit 1");
        for (var index = 0; index < 10; index++)
        {
            await Should.ThrowAsync<KubernetesException>(() => Get(connection));
        }

        File.ReadAllLines(Path.Combine(_folder.Path, "plugin.sh.runs")).Length.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(3));
        await Should.ThrowAsync<KubernetesException>(() => Get(connection));
        File.ReadAllLines(Path.Combine(_folder.Path, "plugin.sh.runs")).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Plugin_Missing_GivesTheInstallHint()
    {
        var yaml = Config("command: meshconsole-no-such-plugin\n      installHint: \"Install it from example.com\"");
        var connection = Kubeconfig.Load(_folder.Write("config", yaml)).Connect("x", _time);

        var exception = await Should.ThrowAsync<KubernetesException>(() => Get(connection));

        exception.Message.ShouldContain("cannot be started");
        exception.Message.ShouldContain("Install it from example.com");
    }

    [Fact]
    public async Task Plugin_ThatHangs_IsEnded()
    {
        var connection = Connect("echo $$ > \"$0.pid\"; sleep 600");
        var running = Get(connection);
        var pidFile = Path.Combine(_folder.Path, "plugin.sh.pid");
        for (var tries = 0; tries < 1000 && !(File.Exists(pidFile) && new FileInfo(pidFile).Length > 1); tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }

        _time.Advance(TimeSpan.FromSeconds(60));

        var exception = await Should.ThrowAsync<KubernetesException>(() => running.WaitAsync(ScriptedApi.Patience, TimeProvider.System));
        exception.Message.ShouldContain("did not end within 60 s");
    }

    private static async Task<KubernetesCredential> Get(KubernetesConnection connection) => await connection.Credentials.GetAsync(CancellationToken.None);

    private static string Config(string exec) => $$"""
        clusters:
        - name: c
          cluster:
            server: https://x
            extensions:
            - name: client.authentication.k8s.io/exec
              extension: {audience: a, ttl: 5}
        contexts:
        - name: x
          context: {cluster: c, user: u}
        users:
        - name: u
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1
              interactiveMode: IfAvailable
              {{string.Join("\n      ", exec.Split('\n', StringSplitOptions.TrimEntries))}}
        """;

    private KubernetesConnection Connect(string script, string more = "")
    {
        var file = _folder.Write("plugin.sh", $"#!/bin/sh\n{script.ReplaceLineEndings("\n")}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Kubeconfig.Load(_folder.Write("config", Config($"command: ./plugin.sh\n      {more}"))).Connect("x", _time);
    }
}
