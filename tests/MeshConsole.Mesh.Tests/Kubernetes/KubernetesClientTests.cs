using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Kubernetes;

public sealed class KubernetesClientTests : IDisposable
{
    private static readonly ResourceType s_pods = new("", "v1", "pods", "Pod", Namespaced: true);
    private static readonly ResourceType s_virtualServices = new("networking.istio.io", "v1beta1", "virtualservices", "VirtualService", Namespaced: true);

    private readonly ScriptedApi _api = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RotatingToken _token = new();
    private readonly KubernetesClient _client;

    public KubernetesClientTests() =>
        _client = new KubernetesClient(KubernetesConnection.Through(() => _api, new Uri("https://rancher.test/k8s/c-1"), _token), _time, new KubernetesClientOptions { PageSize = 2, LongestObject = 100_000, LongestList = 300_000 });

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task List_Paged_PassesTheTokenAndJoinsThePages()
    {
        var listing = _client.ListAsync(s_pods, "payments", new PodParser(), new ListOptions("app=ledger", "spec.nodeName!=n,metadata.name=a b"), CancellationToken.None);
        var first = await _api.NextAsync("/k8s/c-1/api/v1/namespaces/payments/pods");
        (first["limit"], first["labelSelector"], first["fieldSelector"], first["continue"], first["resourceVersion"]).ShouldBe(("2", "app=ledger", "spec.nodeName!=n,metadata.name=a b", null, null));
        first.Headers["Accept"].ShouldBe("application/json");
        first.Headers["Accept-Encoding"].ShouldBe("gzip");
        first.Reply(Json.List("40", "tok+en/=&2", Json.Pod("payments", "one"), Json.Pod("payments", "two")));
        var second = await _api.NextAsync("/k8s/c-1/api/v1/namespaces/payments/pods");
        second["continue"].ShouldBe("tok+en/=&2");
        second.Reply(Json.List("40", "", Json.Pod("payments", "three")));

        var list = await listing.WaitAsync(ScriptedApi.Patience, TimeProvider.System);

        list.Items.Select(pod => pod.Meta.Name).ShouldBe(["one", "two", "three"]);
        list.ResourceVersion.ShouldBe("40");
        list.Pages.ShouldBe(2);
    }

    [Fact]
    public async Task List_TokenExpiringTwice_IsAskedForWithoutPagesAtLast()
    {
        var listing = _client.ListAsync(s_pods, null, new PodParser(), ListOptions.All, CancellationToken.None);
        for (var round = 0; round < 2; round++)
        {
            (await _api.NextAsync()).Reply(Json.List("40", "next", Json.Pod("a", "old")));
            (await _api.NextAsync()).ReplyStatus(410, "Expired", "The provided continue parameter is too old");
        }

        var whole = await _api.NextAsync();
        (whole["limit"], whole["continue"]).ShouldBe((null, null));
        whole.ReplyList("60", Json.Pod("a", "one"));

        (await listing.WaitAsync(ScriptedApi.Patience, TimeProvider.System)).Items.ShouldHaveSingleItem().Meta.Name.ShouldBe("one");
    }

    [Fact]
    public async Task List_Compressed_IsReadAndCountedUncompressed()
    {
        var json = Json.List("40", null, Json.Pod("a", "one"));
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(json));
        }

        var listing = _client.ListAsync(s_pods, null, new PodParser(), ListOptions.All, CancellationToken.None);
        var content = new ByteArrayContent(compressed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        content.Headers.ContentType = new("application/json");
        (await _api.NextAsync()).Reply(content);

        var list = await listing.WaitAsync(ScriptedApi.Patience, TimeProvider.System);
        list.Items.Count.ShouldBe(1);
        list.Bytes.ShouldBe(Encoding.UTF8.GetByteCount(json));
    }

    [Theory]
    [InlineData(400, "BadRequest", KubernetesErrorKind.BadRequest)]
    [InlineData(401, "Unauthorized", KubernetesErrorKind.Unauthorized)]
    [InlineData(403, "Forbidden", KubernetesErrorKind.Forbidden)]
    [InlineData(404, "NotFound", KubernetesErrorKind.NotFound)]
    [InlineData(405, "MethodNotAllowed", KubernetesErrorKind.MethodNotAllowed)]
    [InlineData(409, "Conflict", KubernetesErrorKind.Conflict)]
    [InlineData(409, "AlreadyExists", KubernetesErrorKind.AlreadyExists)]
    [InlineData(410, "Expired", KubernetesErrorKind.Gone)]
    [InlineData(422, "Invalid", KubernetesErrorKind.Invalid)]
    [InlineData(500, "InternalError", KubernetesErrorKind.ServerError)]
    [InlineData(503, "ServiceUnavailable", KubernetesErrorKind.Unavailable)]
    [InlineData(504, "Timeout", KubernetesErrorKind.TimedOut)]
    public async Task Get_Status_BecomesATypedError(int code, string reason, KubernetesErrorKind kind)
    {
        var getting = _client.GetAsync(s_pods, "a", "x", CancellationToken.None);
        (await _api.NextAsync()).ReplyStatus(code, reason, "the server's words");
        if (code == 401)
        {
            (await _api.NextAsync()).ReplyStatus(code, reason, "the server's words");
        }

        var exception = await ErrorAsync(getting);

        exception.Kind.ShouldBe(kind);
        exception.Code.ShouldBe(code);
        exception.Reason.ShouldBe(reason);
        exception.ServerMessage.ShouldBe("the server's words");
        exception.Message.ShouldStartWith("get pods x in namespace a: ");
    }

    [Fact]
    public async Task Patch_Invalid_KeepsTheCauses()
    {
        var patching = _client.PatchAsync(
            s_virtualServices,
            "payments",
            "card-processor",
            new V1Patch("""[{"op":"test","path":"/a","value":1}]""", V1Patch.PatchType.JsonPatch),
            new WriteOptions(DryRun: true, FieldManager: "meshconsole"),
            CancellationToken.None);
        var request = await _api.NextAsync("/k8s/c-1/apis/networking.istio.io/v1beta1/namespaces/payments/virtualservices/card-processor");
        (request.Method, request.ContentType, request["dryRun"], request["fieldManager"]).ShouldBe(("PATCH", "application/json-patch+json", "All", "meshconsole"));
        request.Body.ShouldBe("""[{"op":"test","path":"/a","value":1}]""");
        request.Reply(
            """
            {"kind":"Status","code":422,"reason":"Invalid","message":"is invalid","details":{"group":"networking.istio.io","kind":"VirtualService","name":"card-processor",
            "causes":[{"reason":"FieldValueInvalid","message":"weights must add up","field":"spec.http[0].route"}]}}
            """,
            HttpStatusCode.UnprocessableEntity);

        var exception = await ErrorAsync(patching);

        exception.Kind.ShouldBe(KubernetesErrorKind.Invalid);
        exception.Details!.Kind.ShouldBe("VirtualService");
        exception.Details!.Causes.ShouldBe([new KubernetesStatusCause("FieldValueInvalid", "weights must add up", "spec.http[0].route")]);
    }

    [Fact]
    public async Task Writes_OfEachKind_SendWhatTheApiExpects()
    {
        var merge = _client.PatchAsync(s_pods, "a", "x", new V1Patch("{}", V1Patch.PatchType.MergePatch), new WriteOptions(), CancellationToken.None);
        var request = await _api.NextAsync("/k8s/c-1/api/v1/namespaces/a/pods/x");
        (request.ContentType, request["dryRun"]).ShouldBe(("application/merge-patch+json", null));
        request.Reply("""{"metadata":{"name":"x"}}""");
        (await merge.WaitAsync(ScriptedApi.Patience, TimeProvider.System)).GetProperty("metadata").GetProperty("name").GetString().ShouldBe("x");

        var creating = _client.CreateAsync(s_pods, "a", new JsonObject { ["kind"] = "Pod" }, new WriteOptions(), CancellationToken.None);
        request = await _api.NextAsync("/k8s/c-1/api/v1/namespaces/a/pods");
        (request.Method, request.Body).ShouldBe(("POST", """{"kind":"Pod"}"""));
        request.Reply("{}", HttpStatusCode.Created);
        await creating.WaitAsync(ScriptedApi.Patience, TimeProvider.System);

        var deleting = _client.DeleteAsync(s_pods, "a", "x", new WriteOptions(DryRun: true), CancellationToken.None, resourceVersion: "7");
        request = await _api.NextAsync("/k8s/c-1/api/v1/namespaces/a/pods/x");
        request.Method.ShouldBe("DELETE");
        request.Body.ShouldBe("""{"apiVersion":"v1","kind":"DeleteOptions","dryRun":["All"],"preconditions":{"resourceVersion":"7"}}""");
        request.Reply("""{"kind":"Status","status":"Success"}""");
        await deleting.WaitAsync(ScriptedApi.Patience, TimeProvider.System);
    }

    [Fact]
    public async Task Review_Answer_IsReadWithItsReason()
    {
        var reviewing = _client.ReviewAccessAsync(new AccessReview("patch", s_virtualServices, "payments"), CancellationToken.None);
        var request = await _api.NextAsync("/k8s/c-1/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
        request.Body.ShouldContain("\"resourceAttributes\":{\"verb\":\"patch\",\"group\":\"networking.istio.io\",\"version\":\"v1beta1\",\"resource\":\"virtualservices\",\"namespace\":\"payments\"}");
        request.Reply("""{"status":{"allowed":true,"reason":"RBAC: allowed by RoleBinding"}}""", HttpStatusCode.Created);
        (await reviewing.WaitAsync(ScriptedApi.Patience, TimeProvider.System)).ShouldBe(new AccessVerdict(true, "RBAC: allowed by RoleBinding"));
    }

    [Fact]
    public async Task Get_TooManyRequests_WaitsAndTriesAgainThenGivesUp()
    {
        var getting = _client.GetAsync(s_pods, "a", "x", CancellationToken.None);
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            (await _api.NextAsync()).ReplyStatus(429, "TooManyRequests", "slow down", TimeSpan.FromSeconds(2));
            await WaitingAsync(TimeSpan.FromSeconds(2));
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        (await _api.NextAsync()).ReplyStatus(429, "TooManyRequests", "slow down", TimeSpan.FromSeconds(2));
        var exception = await ErrorAsync(getting);
        (exception.Kind, exception.RetryAfter).ShouldBe((KubernetesErrorKind.TooManyRequests, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task Get_TooManyRequestsForLong_IsNotWaitedFor()
    {
        var getting = _client.GetAsync(s_pods, "a", "x", CancellationToken.None);
        (await _api.NextAsync()).ReplyStatus(429, "TooManyRequests", "slow down", TimeSpan.FromMinutes(1));
        (await ErrorAsync(getting)).RetryAfter.ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Get_Unauthorized_TriesOnceMoreWithRenewedCredentials()
    {
        var getting = _client.GetAsync(s_pods, "a", "x", CancellationToken.None);
        var first = await _api.NextAsync();
        first.Headers["Authorization"].ShouldBe("Bearer token-1");
        first.ReplyStatus(401, "Unauthorized", "Unauthorized");
        var second = await _api.NextAsync();
        second.Headers["Authorization"].ShouldBe("Bearer token-2");
        second.Reply("""{"kind":"Pod"}""");
        (await getting.WaitAsync(ScriptedApi.Patience, TimeProvider.System)).GetProperty("kind").GetString().ShouldBe("Pod");
    }

    [Fact]
    public async Task Get_UnauthorizedAgain_IsAnError()
    {
        var getting = _client.GetAsync(s_pods, "a", "x", CancellationToken.None);
        (await _api.NextAsync()).ReplyStatus(401, "Unauthorized", "Unauthorized");
        (await _api.NextAsync()).ReplyStatus(401, "Unauthorized", "Unauthorized");
        (await ErrorAsync(getting)).Kind.ShouldBe(KubernetesErrorKind.Unauthorized);
    }

    [Fact]
    public async Task Get_NoAnswer_TimesOut()
    {
        var getting = _client.GetAsync(s_pods, "a", "x", CancellationToken.None);
        await _api.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        var exception = await ErrorAsync(getting);
        (exception.Kind, exception.Message).ShouldBe((KubernetesErrorKind.TimedOut, "get pods x in namespace a: no complete answer within 30 s"));
    }

    [Fact]
    public async Task Get_Cancelled_IsCancelledNotFailed()
    {
        using var cancel = new CancellationTokenSource();
        var getting = _client.GetAsync(s_pods, "a", "x", cancel.Token);
        await _api.NextAsync();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => getting.WaitAsync(ScriptedApi.Patience, TimeProvider.System));
    }

    [Fact]
    public async Task Get_LoginPageOfAProxy_SaysSo()
    {
        var getting = _client.GetAsync(s_pods, "a", "x", CancellationToken.None);
        (await _api.NextAsync()).Reply("<html>please log in</html>", mediaType: "text/html");
        var exception = await ErrorAsync(getting);
        exception.Kind.ShouldBe(KubernetesErrorKind.Unreadable);
        exception.Message.ShouldContain("text/html instead of JSON");
    }

    [Fact]
    public async Task Get_ErrorWithoutStatus_KeepsTheCode()
    {
        var getting = _client.GetAsync(s_pods, "a", "x", CancellationToken.None);
        (await _api.NextAsync()).Reply("<html>bad gateway</html>", HttpStatusCode.BadGateway, "text/html");
        var exception = await ErrorAsync(getting);
        (exception.Kind, exception.Code, exception.ServerMessage).ShouldBe((KubernetesErrorKind.ServerError, 502, null));
    }

    [Theory]
    [InlineData("""{"items":[{"a":""")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("")]
    public async Task List_NotAList_IsUnreadable(string answer)
    {
        var listing = _client.ListAsync(s_pods, null, new PodParser(), ListOptions.All, CancellationToken.None);
        (await _api.NextAsync()).Reply(answer);
        (await ErrorAsync(listing)).Kind.ShouldBe(KubernetesErrorKind.Unreadable);
    }

    [Fact]
    public async Task List_ObjectOrWholeTooLarge_IsRefused()
    {
        var listing = _client.ListAsync(s_pods, null, new PodParser(), ListOptions.All, CancellationToken.None);
        (await _api.NextAsync()).ReplyList("1", Json.Pod("a", new string('x', 200_000)));
        (await ErrorAsync(listing)).Kind.ShouldBe(KubernetesErrorKind.Unreadable);

        listing = _client.ListAsync(s_pods, null, new PodParser(), ListOptions.All, CancellationToken.None);
        (await _api.NextAsync()).ReplyList("1", [.. Enumerable.Range(0, 5).Select(index => Json.Pod("a", new string('x', 40_000)))]);
        (await ErrorAsync(listing)).Message.ShouldContain("larger than the console reads");
    }

    [Fact]
    public async Task List_ServerThatNeverStopsToContinue_IsStopped()
    {
        using var client = new KubernetesClient(KubernetesConnection.Through(() => _api, new Uri("https://x/"), _token), _time, new KubernetesClientOptions { MostPages = 3 });
        var listing = client.ListAsync(s_pods, null, new PodParser(), ListOptions.All, CancellationToken.None);
        for (var page = 0; page < 4; page++)
        {
            (await _api.NextAsync()).Reply(Json.List("1", "again"));
        }

        await ErrorAsync(listing);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a%2fb")]
    public async Task Get_NameThatWouldChangeThePath_IsRefused(string name) =>
        await Should.ThrowAsync<ArgumentException>(() => _client.GetAsync(s_pods, "a", name, CancellationToken.None));

    [Fact]
    public async Task Get_SecretWhole_IsRefused() =>
        await Should.ThrowAsync<ArgumentException>(() => _client.GetAsync(new ResourceType("", "v1", "secrets", "Secret", Namespaced: true), "a", "x", CancellationToken.None));

    [Fact]
    public async Task As_AnotherUser_SendsTheHeaders()
    {
        var getting = _client.As(new Impersonation("jane@example.com", ["sre", "dev"])).GetAsync(s_pods, "a", "x", CancellationToken.None);
        var request = await _api.NextAsync();
        request.Headers["Impersonate-User"].ShouldBe("jane@example.com");
        request.Headers["Impersonate-Group"].ShouldBe("sre,dev");
        request.Reply("{}");
        await getting.WaitAsync(ScriptedApi.Patience, TimeProvider.System);
    }

    [Theory]
    [InlineData("jane\r\nImpersonate-Group: system:masters")]
    [InlineData("jané")]
    [InlineData("")]
    public void As_NameThatCannotStandInAHeader_IsRefused(string user) =>
        Should.Throw<ArgumentException>(() => _client.As(new Impersonation(user, [])));

    [Fact]
    public async Task Watch_EventCutAtEveryByte_GivesTheSameEvents()
    {
        var text = $$"""{"type":"ADDED","object":{{Json.Pod("a", "one", "11")}}}""" + "\n"
            + $$"""{"object":{{Json.Pod("ä", "zw\"ei", "12")}},"type":"DELETED"}"""
            + """{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"13"}}}""" + "\n"
            + """{"type":"FUTURE","object":{}}""" + "\n"
            + """{"type":"MODIFIED","object":{"metadata":{"name":"bad","namespace":"a","resourceVersion":"14","labels":7}}}""" + "\n";
        for (var size = 1; size < 40; size++)
        {
            var opening = _client.OpenWatchAsync(s_pods, null, new PodParser(), ListOptions.All, new WatchOptions("10", TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(3)), CancellationToken.None);
            var content = new StreamContent(new Parsing.SplitStream(Encoding.UTF8.GetBytes(text), size));
            content.Headers.ContentType = new("application/json");
            (await _api.NextAsync()).Reply(content);
            await using var stream = await opening;
            var events = new List<string>();
            while (await stream.ReadAsync(CancellationToken.None) is { } next)
            {
                events.Add($"{next.Type} {next.Namespace}/{next.Name} {next.ResourceVersion} {next.Object?.Meta.Name} {next.Problem}".TrimEnd());
            }

            events.ShouldBe([
                "Added a/one 11 one", "Deleted ä/zw\"ei 12 zw\"ei", "Bookmark / 13", "Modified a/bad 14  metadata.labels should be an object and is another number"]);
        }
    }

    private static Task<KubernetesException> ErrorAsync(Task call) =>
        Should.ThrowAsync<KubernetesException>(() => call.WaitAsync(ScriptedApi.Patience, TimeProvider.System));

    private async Task WaitingAsync(TimeSpan expected)
    {
        for (var tries = 0; _time.UntilNextTimer != expected && tries < 2000; tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }

        _time.UntilNextTimer.ShouldBe(expected);
    }

    private sealed class RotatingToken : CredentialSource
    {
        private int _number = 1;
        private KubernetesCredential? _current;

        public override ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellationToken) =>
            new(_current ??= new KubernetesCredential(new("Bearer", $"token-{Json.Number(_number)}"), null));

        public override void Refused(KubernetesCredential credential)
        {
            _number++;
            _current = null;
        }
    }
}
