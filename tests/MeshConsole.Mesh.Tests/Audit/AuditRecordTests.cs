using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Audit;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Audit;

public sealed class AuditRecordTests
{
    [Fact]
    public void Record_Sealed_ReadsBackWithEveryField()
    {
        var (record, json) = AuditRecordFormat.Seal(StoredChanges.Entry(), 1, "id-1", StoredChanges.At.AddTicks(5), AuditRecordFormat.NoHash);
        json.ShouldNotContain("\n");
        var read = AuditRecordFormat.Read(json);
        read.Entry.Actor.ClusterIdentity!.Groups.ShouldBe(["operators"]);
        read.Entry.Actor.Roles.ShouldBe(StoredChanges.Operator.Roles);
        read.Entry.Details!["ratio"]!.GetValue<double>().ShouldBe(0.1);
        read.At.ShouldBe(StoredChanges.At);
        AuditRecordFormat.Seal(read.Entry, read.Sequence, read.Id, read.At, read.PreviousHash).Record.Hash.ShouldBe(record.Hash);
    }

    [Fact]
    public void Text_OfUsers_IsInertAndStillOneRecord()
    {
        const string Hostile = "first\r\n{\"sequence\":2}\u001b[2J\u001b]8;;http://evil\u0007\u202Egnp.exe\u0000\ud800 \u2028end";
        var entry = StoredChanges.Entry() with
        {
            Reason = Hostile,
            Summary = Hostile,
            Actor = StoredChanges.Operator with { Name = Hostile, UserAgent = Hostile },
            Details = new JsonObject { ["patch"] = "line 1\nline 2\u001b[31m", ["key\u202E"] = new JsonArray("\u0007") },
        };
        var lines = new List<string>();
        Chain.Append(lines, entry);
        Chain.Append(lines, entry);
        Chain.Verify(lines).VerifiedTo.ShouldBe(2);
        foreach (var line in lines)
        {
            line.Split('\n').Length.ShouldBe(1);
            line.EnumerateRunes().ShouldAllBe(rune => Rune.GetUnicodeCategory(rune) != System.Globalization.UnicodeCategory.Control && Rune.GetUnicodeCategory(rune) != System.Globalization.UnicodeCategory.Format);
        }

        var read = AuditRecordFormat.Read(lines[0]).Entry;
        read.Reason.ShouldBe("first\\u{D}\\u{A}{\"sequence\":2}\\u{1B}[2J\\u{1B}]8;;http://evil\\u{7}\\u{202E}gnp.exe\\u{0}\\u{D800} \\u{2028}end");
        read.Details!["patch"]!.GetValue<string>().ShouldBe("line 1\nline 2\\u{1B}[31m");
    }

    [Fact]
    public void Text_TooLong_IsCutAndSaysSo()
    {
        var (record, _) = AuditRecordFormat.Seal(StoredChanges.Entry() with { Reason = new string('x', 100_000) }, 1, "id", StoredChanges.At, AuditRecordFormat.NoHash);
        record.Entry.Reason!.Length.ShouldBeLessThan(5_000);
        record.Entry.Reason.ShouldEndWith("more)");
    }

    [Fact]
    public void Details_TooLarge_LeaveTheirDigest()
    {
        var details = new JsonObject { ["all"] = new JsonArray([.. Enumerable.Range(0, 100).Select(_ => JsonValue.Create(new string('x', 20_000)))]) };
        var (record, json) = AuditRecordFormat.Seal(StoredChanges.Entry() with { Details = details }, 1, "id", StoredChanges.At, AuditRecordFormat.NoHash);
        json.Length.ShouldBeLessThan(10_000);
        record.Entry.Details!["sha256"]!.GetValue<string>().Length.ShouldBe(64);
    }

    [Fact]
    public void Number_BeyondWhatADoubleHolds_StaysExactAsText()
    {
        var details = new JsonObject { ["big"] = 9_007_199_254_740_993L, ["small"] = 42, ["real"] = 1e300 };
        var (record, _) = AuditRecordFormat.Seal(StoredChanges.Entry() with { Details = details }, 1, "id", StoredChanges.At, AuditRecordFormat.NoHash);
        record.Entry.Details!.ToJsonString().ShouldContain("\"9007199254740993\"");
        record.Entry.Details["small"]!.GetValue<double>().ShouldBe(42);
    }

    /// <summary>The same record gives the same hash in every version: what was exported years ago must still verify. The hash was worked out by another program.</summary>
    [Fact]
    public void Hash_OfAKnownRecord_StaysWhatItIs()
    {
        var (record, _) = AuditRecordFormat.Seal(StoredChanges.Entry(), 1, "id-1", StoredChanges.At, AuditRecordFormat.NoHash);
        record.Hash.ShouldBe("53867a937a5555a33e143264c3d2789a49293d0af511f5b96dae2160c61f4688");
    }
}
