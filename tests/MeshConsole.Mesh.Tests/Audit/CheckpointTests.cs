using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Testing;
using MeshConsole.Testing.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Audit;

public sealed class CheckpointTests : IAsyncLifetime
{
    private readonly ScratchLog _stored = new("checkpoints");

    private AuditLog Log => _stored.Log;

    private string CheckpointFile => _stored.CheckpointFile;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _stored.DisposeAsync();

    [Fact]
    public void Key_IsMadeOnceForItsOwnerOnly()
    {
        var path = _stored.File("keys/audit-key.pem");
        using var first = CheckpointKey.LoadOrCreate(path);
        using var second = CheckpointKey.LoadOrCreate(path);
        second.Id.ShouldBe(first.Id);
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        CheckpointKey.IdOfPem(File.ReadAllText(path + ".pub")).ShouldBe(first.Id);
        File.ReadAllText(path + ".pub").ShouldNotContain("PRIVATE");
    }

    [Fact]
    public void Key_WantedByManyAtOnce_IsOne()
    {
        var path = _stored.File("audit-key.pem");
        var ids = new string[16];
        Parallel.For(0, ids.Length, i =>
        {
            using var key = CheckpointKey.LoadOrCreate(path);
            ids[i] = key.Id;
        });
        ids.Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public void Key_ThatIsNone_IsRefused()
    {
        File.WriteAllText(_stored.File("bad.pem"), "hello");
        Should.Throw<CryptographicException>(() => CheckpointKey.LoadOrCreate(_stored.File("bad.pem")));
    }

    [Fact]
    public async Task Checkpoints_AreWrittenAfterSoManyRecordsOrSoLong_AndOnlyWhenSomethingIsNew()
    {
        using var writer = Writer(new FileCheckpointSink(CheckpointFile));
        await writer.WriteDueAsync(default);
        (await KeptAsync()).ShouldBe([1], "the key's own record is the first");
        await writer.WriteDueAsync(default);
        _stored.Time.Advance(TimeSpan.FromHours(1));
        await writer.WriteDueAsync(default);
        (await KeptAsync()).ShouldBe([1], "nothing is new");

        await Log.AppendAsync(StoredChanges.Entry(), default);
        await writer.WriteDueAsync(default);
        (await KeptAsync()).ShouldBe([1, 2], "the interval has passed");
        await AppendAsync(9);
        await writer.WriteDueAsync(default);
        (await KeptAsync()).ShouldBe([1, 2]);
        await AppendAsync(1);
        await writer.WriteDueAsync(default);
        (await KeptAsync()).ShouldBe([1, 2, 12], "ten are new");

        var (checkpoints, problems) = await FileCheckpointSink.ReadAsync(CheckpointFile, default);
        problems.ShouldBeEmpty();
        checkpoints.ShouldAllBe(checkpoint => checkpoint.IsSigned());
        var verified = await Log.VerifyAsync(checkpoints, default);
        verified.FirstBad.ShouldBeNull();
        verified.CheckpointedTo.ShouldBe(12);
        writer.States.ShouldHaveSingleItem().Sequence.ShouldBe(12);
    }

    [Fact]
    public async Task Sink_ThatFails_IsSeenAndTriedAgainAndHoldsUpNoOther()
    {
        var broken = new Sink { Failing = true };
        using var writer = Writer(broken, new FileCheckpointSink(CheckpointFile));
        await writer.WriteDueAsync(default);
        (await KeptAsync()).ShouldBe([1]);
        writer.States[0].Failure!.ShouldContain("is away");
        writer.States[0].FailingSince.ShouldBe(_stored.Time.GetUtcNow());
        var next = writer.States[0].NextAttemptAt.ShouldNotBeNull();

        await writer.WriteDueAsync(default);
        broken.Tries.ShouldBe(1);
        _stored.Time.AdvanceTo(next);
        await writer.WriteDueAsync(default);
        broken.Tries.ShouldBe(2);
        (writer.States[0].NextAttemptAt - _stored.Time.GetUtcNow()).ShouldBe(2 * (next - StoredChanges.At));

        broken.Failing = false;
        _stored.Time.Advance(TimeSpan.FromMinutes(10));
        await writer.WriteDueAsync(default);
        broken.Kept.ShouldBe([1]);
        writer.States[0].Failure.ShouldBeNull();
        writer.States[0].FailingSince.ShouldBeNull();
    }

    [Fact]
    public async Task Log_ThatIsBroken_IsNeverSigned()
    {
        await AppendAsync(3);
        await _stored.BehindItsBackAsync("UPDATE audit SET body = REPLACE(body, 'Something', 'Nothing') WHERE sequence = 2");
        var (database, log) = _stored.Open();
        await using (database)
        {
            using var writer = new CheckpointWriter(log, _stored.File("audit-key.pem"), [new FileCheckpointSink(CheckpointFile)], CheckpointPolicy.Default, _stored.Time, NullLogger<CheckpointWriter>.Instance);
            await writer.WriteDueAsync(default);
            File.Exists(CheckpointFile).ShouldBeFalse();
            log.State.FirstBad!.Sequence.ShouldBe(2);
        }
    }

    [Fact]
    public async Task Log_CutOffWhileTheConsoleWasStopped_IsFoundByTheCheckpointFile()
    {
        using (var writer = Writer(new FileCheckpointSink(CheckpointFile)))
        {
            await AppendAsync(5);
            await writer.WriteDueAsync(default);
        }

        await _stored.BehindItsBackAsync("DELETE FROM audit WHERE sequence > 3");
        var (database, log) = _stored.Open();
        await using (database)
        {
            await Should.ThrowAsync<AuditUnavailableException>(() => log.AppendAsync(StoredChanges.Entry(), default));
            log.State.FirstBad!.ShouldSatisfyAllConditions(bad => bad.Problem.ShouldBe(AuditProblem.Truncated), bad => bad.Sequence.ShouldBe(4));
        }
    }

    [Fact]
    public async Task CheckpointFile_WithATornLastLine_GoesOnBehindIt()
    {
        using var key = CheckpointKey.LoadOrCreate(_stored.File("audit-key.pem"));
        var sink = new FileCheckpointSink(CheckpointFile);
        await sink.WriteAsync(key.Sign(1, "a", StoredChanges.At), default);
        await File.AppendAllTextAsync(CheckpointFile, "{\"at\":\"2026");
        var (before, torn) = await FileCheckpointSink.ReadAsync(CheckpointFile, default);
        before.Length.ShouldBe(1);
        torn.ShouldHaveSingleItem().ShouldContain("cut off");
        await sink.WriteAsync(key.Sign(2, "b", StoredChanges.At), default);
        (await FileCheckpointSink.ReadAsync(CheckpointFile, default)).Checkpoints.Select(checkpoint => checkpoint.Sequence).ShouldBe([1, 2]);
        (await sink.LastSequenceAsync(default)).ShouldBe(2);
    }

    [Fact]
    public async Task CheckpointFile_ThatCannotBeWritten_SaysWhereAndWhatToDo()
    {
        await File.WriteAllTextAsync(_stored.File("kept"), "");
        using var writer = Writer(new FileCheckpointSink(CheckpointFile));
        await writer.WriteDueAsync(default);
        var failure = writer.States.ShouldHaveSingleItem().Failure.ShouldNotBeNull();
        failure.ShouldContain(CheckpointFile);
        failure.ShouldContain("MeshConsole:Audit:CheckpointFile");
    }

    [Fact]
    public async Task Webhook_GetsTheCheckpointAndItsRefusalIsAFailure()
    {
        using var key = CheckpointKey.LoadOrCreate(_stored.File("audit-key.pem"));
        var checkpoint = key.Sign(7, "abc", StoredChanges.At);
        var status = HttpStatusCode.NoContent;
        string? body = null;
        using var handler = new Handler(async request =>
        {
            body = await request.Content!.ReadAsStringAsync();
            return new HttpResponseMessage(status);
        });
        using var http = new HttpClient(handler);
        var sink = new WebhookCheckpointSink(http, new Uri("http://127.0.0.1:9/hook?token=secret"), _stored.Time);
        await sink.WriteAsync(checkpoint, default);
        AuditCheckpoint.Read(body!).ShouldBe(checkpoint);
        sink.Name.ShouldNotContain("secret");

        foreach (var refusal in new[] { HttpStatusCode.InternalServerError, HttpStatusCode.Redirect, HttpStatusCode.Unauthorized })
        {
            status = refusal;
            (await Should.ThrowAsync<CheckpointSinkException>(() => sink.WriteAsync(checkpoint, default))).Message.ShouldNotContain("secret");
        }
    }

    [Fact]
    public async Task Event_WithoutTheRight_IsAFailureThatNamesIt()
    {
        await using var api = await SimulatedKubernetesApi.StartAsync();
        using var key = CheckpointKey.LoadOrCreate(_stored.File("audit-key.pem"));
        using var client = new KubernetesClient(KubernetesConnection.To(api.Address, CredentialSource.BearerToken(SimulatedKubernetesApi.ViewToken)), TimeProvider.System);
        var failure = await Should.ThrowAsync<CheckpointSinkException>(() => new EventCheckpointSink(client, "demo", "default", "tests").WriteAsync(key.Sign(1, new string('a', 64), StoredChanges.At), default));
        failure.Message.ShouldContain("demo/default");
        failure.Message.ShouldContain("right to create events");
    }

    private CheckpointWriter Writer(params ICheckpointSink[] sinks) =>
        new(Log, _stored.File("audit-key.pem"), [.. sinks], new CheckpointPolicy(10, TimeSpan.FromMinutes(5)), _stored.Time, NullLogger<CheckpointWriter>.Instance);

    private async Task AppendAsync(int records)
    {
        for (var i = 0; i < records; i++)
        {
            await Log.AppendAsync(StoredChanges.Entry(), default);
        }
    }

    private async Task<ImmutableArray<long>> KeptAsync() => [.. (await FileCheckpointSink.ReadAsync(CheckpointFile, default)).Checkpoints.Select(checkpoint => checkpoint.Sequence)];

    private sealed class Sink : ICheckpointSink
    {
        public bool Failing { get; set; }

        public int Tries { get; private set; }

        public List<long> Kept { get; } = [];

        public string Name => "test";

        public Task<long?> LastSequenceAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

        public Task WriteAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
        {
            Tries++;
            if (Failing)
            {
                throw new CheckpointSinkException("It is away.");
            }

            Kept.Add(checkpoint.Sequence);
            return Task.CompletedTask;
        }
    }

    private sealed class Handler(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request);
    }
}
