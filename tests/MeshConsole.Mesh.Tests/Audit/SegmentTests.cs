using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Audit;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Audit;

/// <summary>
/// Logs whose oldest records are gone, honestly and not: records 1 to 4 and 5 to 8 are sealed by the records 11 and 12, record
/// 13 says that 1 to 4 were deleted.
/// </summary>
public sealed class SegmentTests : IDisposable
{
    private readonly ScratchFolder _scratch = ScratchFolder.Create("segments");
    private readonly CheckpointKey _key;
    private readonly CheckpointKey _foreign;
    private readonly List<string> _lines;
    private readonly AuditSegment _first;
    private readonly AuditSegment _second;

    public SegmentTests()
    {
        _key = CheckpointKey.LoadOrCreate(_scratch.File("audit-key.pem"));
        _foreign = CheckpointKey.LoadOrCreate(_scratch.File("foreign.pem"));
        _lines = Chain.Of(10, _key);
        _first = Seal(_key, 1, 4, null);
        _second = Seal(_key, 5, 8, _first);
        Chain.Append(_lines, Said("audit.seal", _first));
        Chain.Append(_lines, Said("audit.seal", _second));
        Chain.Append(_lines, Said("audit.delete", _first));
        Chain.Append(_lines, StoredChanges.Entry(summary: "number 14"));
    }

    public void Dispose()
    {
        _key.Dispose();
        _foreign.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Log_WithAllItsRecords_IsGoodWithItsRoots()
    {
        var result = Verify([_first, _second], 1);
        result.FirstBad.ShouldBeNull();
        (result.First, result.VerifiedTo, result.DeletedTo).ShouldBe((1, 14, 0));
    }

    [Fact]
    public void Log_WithoutItsOldestSegment_IsGoodAndSaysSo()
    {
        var result = Verify([_first, _second], 5, [Chain.Checkpoint(_lines, _key, 4), Chain.Checkpoint(_lines, _key, 14)]);
        result.FirstBad.ShouldBeNull();
        (result.First, result.VerifiedTo, result.DeletedTo).ShouldBe((5, 14, 4));
        (result.Checkpoints, result.CheckpointedTo).ShouldBe((2, 14), "a root vouches for its last record like the record itself");
        result.Notes.ShouldHaveSingleItem().ShouldContain("Records 1 to 4 were deleted as old.");
        Verify([_first, _second], 5, trusted: _key.Id).Good.ShouldBeTrue("the key was made known in record 1, which is gone");
    }

    [Fact]
    public void Segment_GoneWithoutRoots_IsMissing() => Expect(Verify([], 5), AuditProblem.OutOfOrder, 1, "record 1 is missing: 5 stands in its place");

    [Fact]
    public void Segment_GoneWithoutItsOwnRoot_IsMissing() => Expect(Verify([_second], 5), AuditProblem.RootWrong, 1, "begins with record 5, and the root before it ends with 0");

    [Fact]
    public void Records_DeletedWithinASegment_AreMissing()
    {
        Expect(Verify([_first, _second], 6), AuditProblem.OutOfOrder, 5, "record 5 is missing: 6 stands in its place");
        Expect(Verify([_first, _second], 3), AuditProblem.OutOfOrder, 1, "record 1 is missing: 3 stands in its place");
        Expect(Chain.Verify([_first.ToJson(), _second.ToJson(), .. _lines.Take(4), .. _lines.Skip(8)]), AuditProblem.OutOfOrder, 5, "record 5 is missing: 9 stands in its place");
        Expect(Verify([_first, _second], 10), AuditProblem.OutOfOrder, 9, "record 9 is missing: 10 stands in its place");
    }

    [Fact]
    public void Segment_SealedAndDeletedWithoutARecordOfIt_IsNamed() =>
        Expect(Verify([_first, _second], 9), AuditProblem.DeletionUnrecorded, 5, "records 5 to 8 are missing, and the log does not say that they were deleted");

    [Fact]
    public void Root_Edited_DoesNotFitItsSignature()
    {
        var result = Verify([_first with { Head = _second.Head }, _second], 5);
        Expect(result, AuditProblem.RootWrong, 1, "does not fit its signature");
    }

    /// <summary>Somebody who owns the database but not the key: other roots, one after the other, with signatures that fit.</summary>
    [Fact]
    public void Roots_Forged_AreNotThoseThatTheLogRecorded()
    {
        var first = Seal(_foreign, 1, 4, null);
        var second = Seal(_foreign, 5, 8, first);
        var result = Verify([first, second], 5);
        Expect(result, AuditProblem.RootWrong, 1, "not the one that the log recorded when they were sealed");
        result.Findings.ShouldContain(f => f.Problem == AuditProblem.KeySwapped && f.Sequence == 4 && f.Message.Contains("which the log had not made known", StringComparison.Ordinal));
    }

    /// <summary>The same by somebody who got hold of the key: the log still says otherwise.</summary>
    [Fact]
    public void Roots_ForgedWithTheKey_AreNotThoseThatTheLogRecorded()
    {
        var later = StoredChanges.At.AddDays(1);
        var first = _key.Seal(_first with { SealedAt = later });
        Expect(Verify([first, _key.Seal(_second with { PreviousRoot = first.Root })], 5), AuditProblem.RootWrong, 1, "not the one that the log recorded");
        Expect(Verify([first, _second], 5), AuditProblem.RootWrong, 5, "does not follow the root before it");
        Expect(Verify([_first, _key.Seal(_second with { Head = _first.Head })], 5), AuditProblem.RootWrong, 8, "record 8 is not the one that the root of records 5 to 8 was made of");
    }

    [Fact]
    public void Root_OfWhatWasNeverSealed_IsNamed()
    {
        var lines = Chain.Of(10, _key);
        Chain.Append(lines, Said("audit.seal", _first));
        Expect(Chain.Verify([_first.ToJson(), _second.ToJson(), .. lines]), AuditProblem.RootWrong, 5, "no record says that they were sealed");
    }

    [Fact]
    public void Roots_TakenAway_AreMissing() => Expect(Verify([_first], 1), AuditProblem.RootWrong, 8, "their root is missing");

    [Fact]
    public void Log_ThatFollowsAnotherPast_BreaksTheLinkToTheRoot()
    {
        var other = Chain.Forge(_lines, 4, "another past");
        Expect(Chain.Verify([_first.ToJson(), _second.ToJson(), .. other.Skip(4)]), AuditProblem.LinkBroken, 5, "as its sealed root has it");
    }

    [Fact]
    public void Log_CutOffBehindItsRoots_IsTruncated()
    {
        Expect(Chain.Verify([_first.ToJson(), _second.ToJson(), .. _lines.Skip(4).Take(4)]), AuditProblem.Truncated, 9, "a sealed root vouches for records up to 8");
        Expect(Chain.Verify([_first.ToJson(), _second.ToJson()]), AuditProblem.Truncated, 1, "the log ends at 0");
    }

    [Fact]
    public void Checkpoint_OfWhatIsGone_MustFitTheRoot()
    {
        var foreign = _key.Sign(4, _second.Head, StoredChanges.At);
        Expect(Verify([_first, _second], 5, [foreign]), AuditProblem.CheckpointDiffers, 4, "record 4 is not the one that the checkpoint");
    }

    [Fact]
    public void Root_OfAForeignKey_IsNotTrusted() => Expect(Verify([_first, _second], 5, trusted: _foreign.Id), AuditProblem.KeySwapped, 4, "the root of record 4");

    [Theory]
    [InlineData("count", "7", "contradict each other")]
    [InlineData("lastSequence", "\"4\"", "'lastSequence' must be a whole number")]
    [InlineData("keys", "[]", "'keys' is missing")]
    [InlineData("sealedAt", "\"yesterday\"", "'sealedAt' must be a time")]
    public void Root_ThatIsNone_IsNamed(string member, string value, string words)
    {
        var root = (JsonObject)JsonNode.Parse(_first.ToJson())!;
        root[member] = JsonNode.Parse(value);
        Expect(Chain.Verify([root.ToJsonString(), .. _lines]), AuditProblem.RootWrong, 1, words);
    }

    [Fact]
    public void Root_AmongTheRecords_IsRefused() => Expect(Chain.Verify([.. _lines.Take(5), _first.ToJson(), .. _lines.Skip(5)]), AuditProblem.RootWrong, 1, "stands among the records");

    [Fact]
    public void Root_ReadBack_IsTheSame()
    {
        using var document = AuditRecordFormat.Parse(_second.ToJson());
        var read = AuditSegment.Read(document.RootElement);
        (read.ToJson(), read.Root, read.IsSigned()).ShouldBe((_second.ToJson(), _second.Root, true));
        (_first.Keys[_key.Id], _second.Keys.Count).ShouldBe((1, 0));
    }

    private AuditSegment Seal(CheckpointKey key, int first, int last, AuditSegment? before)
    {
        var (begin, end) = (AuditRecordFormat.Read(_lines[first - 1]), AuditRecordFormat.Read(_lines[last - 1]));
        var keys = ImmutableSortedDictionary<string, long>.Empty;
        keys = first == 1 ? keys.Add(_key.Id, 1) : keys;
        return key.Seal(new AuditSegment(first, last, begin.PreviousHash, end.Hash, begin.At, end.At, keys, before?.Root ?? AuditRecordFormat.NoHash, end.At, "", "", ""));
    }

    private static AuditEntry Said(string action, AuditSegment segment) =>
        StoredChanges.Entry(action) with { Details = new JsonObject { ["first"] = segment.First, ["last"] = segment.Last, ["root"] = segment.Root } };

    private AuditVerification Verify(AuditSegment[] roots, int from, ImmutableArray<AuditCheckpoint> checkpoints = default, string? trusted = null) =>
        Chain.Verify([.. roots.Select(root => root.ToJson()), .. _lines.Skip(from - 1)], checkpoints.IsDefault ? [Chain.Checkpoint(_lines, _key)] : checkpoints, trusted);

    private static void Expect(AuditVerification result, AuditProblem problem, long sequence, string words)
    {
        var bad = result.FirstBad.ShouldNotBeNull();
        bad.Problem.ShouldBe(problem, bad.Message);
        bad.Sequence.ShouldBe(sequence, bad.Message);
        bad.Message.ShouldContain(words);
    }
}
