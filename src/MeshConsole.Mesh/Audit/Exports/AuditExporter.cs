using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Exports;

namespace MeshConsole.Mesh.Audit;

/// <summary>Writes records to a stream as they come, never all at once.</summary>
public static class AuditExporter
{
    private static readonly string[] s_columns =
    [
        "sequence", "id", "at", "actor", "name", "issuer", "method", "credential", "address", "action", "phase", "outcome", "summary", "cluster", "namespace", "kind", "object",
        "changeId", "reason", "ticket", "planHash", "policyHash", "details", "previousHash", "hash",
    ];

    public static string MediaType(AuditExportFormat format) => format switch
    {
        AuditExportFormat.JsonLines => "application/x-ndjson",
        AuditExportFormat.Csv => "text/csv; charset=utf-8",
        AuditExportFormat.CloudEvents => "application/x-ndjson",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };

    /// <param name="records">As stored, one JSON text each.</param>
    /// <returns>How many.</returns>
    public static async Task<long> WriteAsync(IAsyncEnumerable<string> records, AuditExportFormat format, Stream output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        var count = 0L;
        var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 64 * 1024, leaveOpen: true) { NewLine = "\n" };
        await using (writer.ConfigureAwait(false))
        {
            if (format == AuditExportFormat.Csv)
            {
                await WriteLineAsync(string.Join(',', s_columns)).ConfigureAwait(false);
            }

            await foreach (var json in records.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await WriteLineAsync(format switch
                {
                    AuditExportFormat.JsonLines => json,
                    AuditExportFormat.Csv => CsvLine(AuditRecordFormat.Read(json)),
                    AuditExportFormat.CloudEvents => Event(AuditRecordFormat.Read(json), json),
                    _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
                }).ConfigureAwait(false);
                count++;
            }

            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        return count;

        Task WriteLineAsync(string line) => writer.WriteLineAsync(line.AsMemory(), cancellationToken);
    }

    private static string CsvLine(AuditRecord record)
    {
        var entry = record.Entry;
        string?[] cells =
        [
            record.Sequence.ToString(CultureInfo.InvariantCulture), record.Id, AuditRecordFormat.Time(record.At), entry.Actor.Subject, entry.Actor.Name, entry.Actor.Issuer,
            entry.Actor.Method, entry.Actor.Credential, entry.Actor.Address, entry.Action, entry.Phase, entry.Outcome, entry.Summary, entry.Target?.Cluster, entry.Target?.Namespace,
            entry.Target?.Kind, entry.Target?.Name, entry.ChangeId, entry.Reason, entry.Ticket, entry.PlanHash, entry.PolicyHash,
            entry.Details is { } details ? CanonicalJson.Write(details) : null, record.PreviousHash, record.Hash,
        ];
        return string.Join(',', cells.Select(CsvText.Cell));
    }

    /// <summary>https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md, with the extension <c>sequence</c>.</summary>
    private static string Event(AuditRecord record, string json)
    {
        var entry = record.Entry;
        var cloudEvent = new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = record.Id,
            ["source"] = "/meshconsole/audit",
            ["type"] = $"io.meshconsole.audit.{entry.Action}",
            ["time"] = AuditRecordFormat.Time(record.At),
            ["datacontenttype"] = "application/json",
            ["sequence"] = record.Sequence.ToString("D20", CultureInfo.InvariantCulture),
            ["data"] = JsonNode.Parse(json),
        };
        if (entry.Target is { } target)
        {
            cloudEvent["subject"] = $"{target.Cluster}/{target.Namespace}/{target.Kind}/{target.Name}";
        }

        return CanonicalJson.Write(cloudEvent);
    }
}
