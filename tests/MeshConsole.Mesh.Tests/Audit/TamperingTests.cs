using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Audit;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Audit;

/// <summary>Each way to falsify a log, and the record that the verification must name.</summary>
public sealed class TamperingTests : IDisposable
{
    private readonly ScratchFolder _scratch = ScratchFolder.Create("keys");
    private readonly CheckpointKey _key;
    private readonly CheckpointKey _foreign;

    public TamperingTests()
    {
        _key = CheckpointKey.LoadOrCreate(_scratch.File("audit-key.pem"));
        _foreign = CheckpointKey.LoadOrCreate(_scratch.File("foreign.pem"));
    }

    public void Dispose()
    {
        _key.Dispose();
        _foreign.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Log_Untouched_IsGoodAndSaysHowFarItIsVouchedFor()
    {
        var lines = Chain.Of(10, _key);
        var result = Chain.Verify(lines, [Chain.Checkpoint(lines, _key, 4), Chain.Checkpoint(lines, _key, 8)]);
        result.FirstBad.ShouldBeNull();
        result.VerifiedTo.ShouldBe(10);
        result.Checkpoints.ShouldBe(2);
        result.CheckpointedTo.ShouldBe(8);
        result.KeyIds.ShouldBe([_key.Id]);
        result.Notes.ShouldHaveSingleItem().ShouldContain("Records 9 to 10");
        Chain.Verify(lines).Notes.ShouldHaveSingleItem().ShouldContain("No checkpoint");
    }

    [Fact]
    public void Record_Edited_IsNamed()
    {
        var lines = Chain.Of(10, _key);
        lines[6] = lines[6].Replace("number 7", "number 8", StringComparison.Ordinal);
        Expect(Chain.Verify(lines), AuditProblem.HashWrong, 7, verifiedTo: 6);
    }

    [Fact]
    public void Record_EditedWithItsHashMadeToFit_BreaksTheLinkOfTheNext()
    {
        var lines = Chain.Of(10, _key);
        var forged = Chain.Forge(lines, 7, "forged");
        lines[6] = forged[6];
        Expect(Chain.Verify(lines), AuditProblem.LinkBroken, 8, verifiedTo: 7);
    }

    [Fact]
    public void Record_Deleted_IsNamed()
    {
        var lines = Chain.Of(10, _key);
        lines.RemoveAt(4);
        Expect(Chain.Verify(lines), AuditProblem.OutOfOrder, 5, verifiedTo: 4);
    }

    [Fact]
    public void Record_First_Deleted_IsNamed()
    {
        var lines = Chain.Of(10, _key);
        lines.RemoveAt(0);
        Expect(Chain.Verify(lines), AuditProblem.OutOfOrder, 1, verifiedTo: 0);
    }

    [Fact]
    public void Records_Swapped_AreNamed()
    {
        var lines = Chain.Of(10, _key);
        (lines[2], lines[3]) = (lines[3], lines[2]);
        Expect(Chain.Verify(lines), AuditProblem.OutOfOrder, 3, verifiedTo: 2);
    }

    [Fact]
    public void Record_Repeated_IsNamed()
    {
        var lines = Chain.Of(10, _key);
        lines.Insert(5, lines[4]);
        Expect(Chain.Verify(lines), AuditProblem.OutOfOrder, 6, verifiedTo: 5);
    }

    [Fact]
    public void Log_CutOff_IsSeenByTheCheckpoint()
    {
        var lines = Chain.Of(10, _key);
        var checkpoint = Chain.Checkpoint(lines, _key);
        var cut = lines.Take(6).ToList();
        Chain.Verify(cut).Good.ShouldBeTrue("that is what a chain alone cannot see");
        Expect(Chain.Verify(cut, [checkpoint]), AuditProblem.Truncated, 7, verifiedTo: 6);
        Expect(Chain.Verify([], [checkpoint]), AuditProblem.Truncated, 1, verifiedTo: 0);
    }

    [Fact]
    public void Log_CutOffAndContinued_IsSeenByTheCheckpoint()
    {
        var lines = Chain.Of(10, _key);
        var early = Chain.Checkpoint(lines, _key, 4);
        var late = Chain.Checkpoint(lines, _key, 8);
        var cut = lines.Take(6).ToList();
        for (var i = 0; i < 6; i++)
        {
            Chain.Append(cut, StoredChanges.Entry(summary: "nothing to see"));
        }

        Chain.Verify(cut).Good.ShouldBeTrue();
        Expect(Chain.Verify(cut, [early, late]), AuditProblem.CheckpointDiffers, 8, verifiedTo: 7).Message.ShouldContain("from record 5 on");
    }

    [Fact]
    public void Log_WrittenAnewFromARecordOn_IsSeenByTheCheckpoint()
    {
        var lines = Chain.Of(10, _key);
        var forged = Chain.Forge(lines, 3, "forged");
        Chain.Verify(forged).Good.ShouldBeTrue();
        Expect(Chain.Verify(forged, [Chain.Checkpoint(lines, _key)]), AuditProblem.CheckpointDiffers, 10, verifiedTo: 9);
    }

    [Fact]
    public void Checkpoint_Edited_IsNamed()
    {
        var lines = Chain.Of(10, _key);
        var forged = Chain.Forge(lines, 3, "forged");
        var checkpoint = Chain.Checkpoint(lines, _key) with { Hash = AuditRecordFormat.Read(forged[^1]).Hash };
        Expect(Chain.Verify(forged, [checkpoint]), AuditProblem.SignatureWrong, 10, verifiedTo: 10);
        Expect(Chain.Verify(lines, [Chain.Checkpoint(lines, _key) with { KeyId = _foreign.Id }]), AuditProblem.SignatureWrong, 10, verifiedTo: 10);
        Expect(Chain.Verify(lines, [Chain.Checkpoint(lines, _key) with { Signature = "not base64" }]), AuditProblem.SignatureWrong, 10, verifiedTo: 10);
    }

    [Fact]
    public void Checkpoint_SignedAnewWithAnotherKey_IsNamed()
    {
        var lines = Chain.Of(10, _key);
        var forged = Chain.Forge(lines, 3, "forged");
        Expect(Chain.Verify(forged, [Chain.Checkpoint(forged, _foreign)]), AuditProblem.KeySwapped, 10, verifiedTo: 10);
    }

    [Fact]
    public void Key_SwappedInTheLogToo_IsNamedWhereTheKeyIsKnown()
    {
        var forged = Chain.Of(10, _foreign);
        var checkpoint = Chain.Checkpoint(forged, _foreign);
        Chain.Verify(forged, [checkpoint]).Good.ShouldBeTrue("a log that was made up as a whole can only be told by a key kept elsewhere");
        Expect(Chain.Verify(forged, [checkpoint], trusted: _key.Id), AuditProblem.KeySwapped, 10, verifiedTo: 10);
    }

    [Fact]
    public void Key_ChangedInTheOpen_IsGoodAndSaidSo()
    {
        var lines = Chain.Of(5, _key);
        var first = Chain.Checkpoint(lines, _key);
        Chain.Append(lines, Chain.KeyEntry(_foreign));
        var result = Chain.Verify(lines, [first, Chain.Checkpoint(lines, _foreign)]);
        result.Good.ShouldBeTrue();
        result.Notes.ShouldContain(note => note.Contains("2 keys", StringComparison.Ordinal));

        // The new key may not vouch for what came before it was made known.
        Expect(Chain.Verify(lines, [Chain.Checkpoint(lines, _foreign, 4)]), AuditProblem.KeySwapped, 4, verifiedTo: 6);
    }

    [Fact]
    public void Export_OfAPart_VerifiesFromItsBeginningAndSaysSo()
    {
        var lines = Chain.Of(10, _key);
        var result = Chain.Verify(lines.Skip(4), [Chain.Checkpoint(lines, _key, 4), Chain.Checkpoint(lines, _key)], from: 5);
        result.Good.ShouldBeTrue();
        result.First.ShouldBe(5);
        result.Checkpoints.ShouldBe(2);
        result.Notes.ShouldContain(note => note.Contains("record 5", StringComparison.Ordinal));
        Expect(Chain.Verify(lines.Skip(5), from: 5), AuditProblem.OutOfOrder, 5, verifiedTo: 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"schema":2}""")]
    [InlineData("""{"schema":1,"sequence":"3"}""")]
    [InlineData("\u0000")]
    public void Line_ThatIsNoRecord_IsNamed(string line)
    {
        var lines = Chain.Of(5, _key);
        lines[2] = line;
        Expect(Chain.Verify(lines), AuditProblem.Unreadable, 3, verifiedTo: 2);
    }

    [Fact]
    public void Line_CutOffInTheMiddle_IsNamed()
    {
        var lines = Chain.Of(5, _key);
        lines[4] = lines[4][..(lines[4].Length / 2)];
        Expect(Chain.Verify(lines), AuditProblem.Unreadable, 5, verifiedTo: 4);
    }

    [Fact]
    public void Member_AddedTwice_IsNoWayAroundTheHash()
    {
        var lines = Chain.Of(5, _key);
        lines[2] = lines[2].Replace("\"outcome\":\"ok\"", "\"outcome\":\"ok\",\"outcome\":\"denied\"", StringComparison.Ordinal);
        Expect(Chain.Verify(lines), AuditProblem.Unreadable, 3, verifiedTo: 2);
    }

    /// <summary>Whatever one does to one line of a log, the verification names that line or the one after it, and vouches for no record behind it.</summary>
    [Fact]
    public void Log_ChangedAtAnyPlaceInAnyWay_IsFoundThere()
    {
        var original = Chain.Of(12, _key);
        Prop.ForAll(
            Gen.Choose(0, 11).Zip(Gen.Choose(0, 4)).ToArbitrary(),
            change =>
            {
                var (at, way) = change;
                var lines = original.ToList();
                switch (way)
                {
                    case 0:
                        lines.RemoveAt(at);
                        break;
                    case 1:
                        lines.Insert(at, lines[at]);
                        break;
                    case 2:
                        var json = (JsonObject)JsonNode.Parse(lines[at])!;
                        json["reason"] = "another";
                        lines[at] = json.ToJsonString();
                        break;
                    case 3:
                        (lines[at], lines[(at + 1) % 12]) = (lines[(at + 1) % 12], lines[at]);
                        break;
                    default:
                        lines[at] = Chain.Forge(original, at + 1, "forged")[at];
                        break;
                }

                // Without its last record, or with that one forged, a log is a good shorter or other one: only a checkpoint can tell.
                var result = Chain.Verify(lines, [Chain.Checkpoint(original, _key)]);
                return result.FirstBad is { } bad && bad.Sequence <= at + 2 && result.VerifiedTo <= at + 1 && bad.Sequence >= (way == 3 && at == 11 ? 1 : at + 1);
            }).QuickCheckThrowOnFailure();
    }

    /// <summary>White space and the order of members are no content: a log that went through another program verifies.</summary>
    [Fact]
    public void Log_ReformattedByAnotherProgram_IsGood()
    {
        var lines = Chain.Of(5, _key).Select(line =>
        {
            var json = (JsonObject)JsonNode.Parse(line)!;
            return new JsonObject(json.Reverse().Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))).ToJsonString();
        });
        Chain.Verify(lines).Good.ShouldBeTrue();
    }

    private static AuditFinding Expect(AuditVerification result, AuditProblem problem, long sequence, long verifiedTo)
    {
        var bad = result.FirstBad.ShouldNotBeNull();
        bad.Problem.ShouldBe(problem, bad.Message);
        bad.Sequence.ShouldBe(sequence, bad.Message);
        result.VerifiedTo.ShouldBe(verifiedTo);
        return bad;
    }
}
