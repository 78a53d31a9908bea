namespace MeshConsole.Mesh.Audit;

public enum AuditExportFormat
{
    /// <summary>One record a line, as stored: nothing is lost, and <c>meshconsole audit verify</c> takes it.</summary>
    JsonLines,

    /// <summary>For a spreadsheet. No cell is a formula.</summary>
    Csv,

    /// <summary>One CloudEvents 1.0 event in JSON a line, with the record as its data.</summary>
    CloudEvents,
}
