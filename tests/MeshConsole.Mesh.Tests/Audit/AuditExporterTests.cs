using System.Text;
using System.Text.Json;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Exports;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Audit;

public sealed class AuditExporterTests
{
    [Fact]
    public async Task JsonLines_AreTheStoredTextsAndVerify()
    {
        var lines = Chain.Of(5);
        (await ExportAsync(lines, AuditExportFormat.JsonLines)).ShouldBe(string.Join('\n', lines) + "\n");
    }

    [Theory]
    [InlineData("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"")]
    [InlineData("+1", "\"'+1\"")]
    [InlineData("-1", "\"'-1\"")]
    [InlineData("@SUM(A1)", "\"'@SUM(A1)\"")]
    [InlineData("  =1", "\"'  =1\"")]
    [InlineData("\t=1", "\"'\t=1\"")]
    [InlineData("＝1", "\"'＝1\"")]
    [InlineData("a\"b,c", "\"a\"\"b,c\"")]
    [InlineData("plain", "\"plain\"")]
    [InlineData(null, "\"\"")]
    public void Cell_IsNeverAFormula(string? text, string cell) => CsvText.Cell(text).ShouldBe(cell);

    [Fact]
    public async Task Csv_HasOneRowPerRecordWithAsManyCellsAsColumns()
    {
        var lines = new List<string>();
        Chain.Append(lines, StoredChanges.Entry() with { Reason = "=HYPERLINK(\"http://evil\")" });
        Chain.Append(lines, StoredChanges.Entry() with { Target = null, Details = null, Reason = null });
        var rows = (await ExportAsync(lines, AuditExportFormat.Csv)).TrimEnd('\n').Split('\n');
        rows.Length.ShouldBe(3);
        rows[1].ShouldContain("\"'=HYPERLINK(\"\"http://evil\"\")\"");
        rows[2].Split("\",\"").Length.ShouldBe(rows[0].Split(',').Length);
    }

    [Fact]
    public async Task CloudEvents_AreOneEventPerRecordWithTheRecordAsData()
    {
        var lines = Chain.Of(3);
        var events = (await ExportAsync(lines, AuditExportFormat.CloudEvents)).TrimEnd('\n').Split('\n');
        events.Length.ShouldBe(3);
        using var document = JsonDocument.Parse(events[1]);
        var root = document.RootElement;
        root.GetProperty("specversion").GetString().ShouldBe("1.0");
        root.GetProperty("type").GetString().ShouldBe("io.meshconsole.audit.change.submit");
        root.GetProperty("subject").GetString().ShouldBe("demo/payments/VirtualService/card-processor");
        root.GetProperty("id").GetString().ShouldBe("id-2");

        // Their data can be taken out again and verified.
        Chain.Verify(events.Select(text => JsonDocument.Parse(text).RootElement.GetProperty("data").GetRawText())).VerifiedTo.ShouldBe(3);
    }

    private static async Task<string> ExportAsync(List<string> lines, AuditExportFormat format)
    {
        using var stream = new MemoryStream();
        (await AuditExporter.WriteAsync(lines.ToAsyncEnumerable(), format, stream, default)).ShouldBe(lines.Count);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
