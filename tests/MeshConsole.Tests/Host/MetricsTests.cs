namespace MeshConsole.Tests.Host;

[Collection(ConsoleCollection.Name)]
public sealed class MetricsTests(ConsoleFactory console)
{
    [Fact]
    public async Task Metrics_AreWellFormedText()
    {
        using var response = await console.Http.GetAsync("/metrics");
        var lines = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');

        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        lines.Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).ShouldBeUnique();
        lines.Where(l => !l.StartsWith('#')).ShouldBeUnique();
        lines.ShouldContain(l => l.StartsWith("meshconsole_source_live{cluster=\"payments-demo\",source=\"kubernetes/pods\"} 1", StringComparison.Ordinal));
        lines.ShouldContain(l => l.StartsWith("mesh_mtls_coverage_ratio{cluster=\"payments-demo\",namespace=\"\",of=\"requests\"} 0.", StringComparison.Ordinal));
        lines.ShouldContain("meshconsole_storage_up 1");
        lines.ShouldContain("meshconsole_notifications{state=\"queued\"} 0");
        lines.ShouldContain("meshconsole_notifications{state=\"dead\"} 0");
        lines.ShouldContain("meshconsole_break_glass_unreviewed 0");
        lines.ShouldContain("meshconsole_break_glass_review_overdue 0");
        lines.ShouldContain("meshconsole_audit_chain_ok 1");
        lines.ShouldContain(l => l.StartsWith("meshconsole_audit_last_sequence ", StringComparison.Ordinal));
        lines.ShouldContain(l => l.StartsWith("mesh_certificate_expiry_timestamp_seconds{", StringComparison.Ordinal));

        // Every sample belongs to the family that was begun last.
        var family = "";
        foreach (var line in lines)
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                family = line.Split(' ')[2];
            }
            else if (!line.StartsWith('#'))
            {
                line.ShouldStartWith(family);
            }
        }
    }
}
