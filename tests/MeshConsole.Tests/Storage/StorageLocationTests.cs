using MeshConsole.Configuration;
using MeshConsole.Mesh.Storage;
using MeshConsole.Storage;

namespace MeshConsole.Tests.Storage;

public sealed class StorageLocationTests
{
    [Fact]
    public void Paths_ByDefault_LieUnderData()
    {
        var location = StorageLocation.Resolve(new MeshConsoleOptions { Demo = false });
        location.Database.ShouldBe(DatabaseSettings.SqliteFile(Path.Combine("data", "meshconsole.db")));
        location.CheckpointFile.ShouldBe(Path.Combine("data", "audit-checkpoints.jsonl"));
        location.KeyFile.ShouldBe(Path.Combine("data", "audit-key.pem"));
        location.Fallback.ShouldBeNull();
    }

    [Fact]
    public void Paths_OfTheDemo_AreItsOwnAtEachStart()
    {
        var (one, other) = (StorageLocation.Resolve(new MeshConsoleOptions()), StorageLocation.Resolve(new MeshConsoleOptions()));
        one.Database.ShouldNotBe(other.Database);
        Path.GetDirectoryName(one.KeyFile).ShouldBe(Path.GetDirectoryName(one.CheckpointFile));
        one.Fallback.ShouldNotBeNull().ShouldContain("begins without them");
    }

    [Fact]
    public void Paths_OfAConfiguredFile_LieBesideIt()
    {
        var options = new MeshConsoleOptions { Storage = new StorageOptions { ConnectionString = "Data Source=/srv/meshconsole/console.db" } };
        var location = StorageLocation.Resolve(options);
        location.CheckpointFile.ShouldBe("/srv/meshconsole/audit-checkpoints.jsonl");
        location.KeyFile.ShouldBe("/srv/meshconsole/audit-key.pem");

        options.Audit.CheckpointFile = "/worm/checkpoints.jsonl";
        options.Audit.KeyFile = "/keys/audit.pem";
        location = StorageLocation.Resolve(options);
        location.CheckpointFile.ShouldBe("/worm/checkpoints.jsonl");
        location.KeyFile.ShouldBe("/keys/audit.pem");
    }

    [Theory]
    [InlineData("Storage:Provider", "Postgres", "MeshConsole:Storage:ConnectionString")]
    [InlineData("Storage:ConnectionString", "Hots=db;Password=hunter2", "MeshConsole:Storage:ConnectionString")]
    [InlineData("Audit:CheckpointRecords", "0", "MeshConsole:Audit:CheckpointRecords")]
    [InlineData("Audit:CheckpointInterval", "00:00:01", "MeshConsole:Audit:CheckpointInterval")]
    [InlineData("Audit:Retention", "29.23:59:59", "MeshConsole:Audit:Retention")]
    [InlineData("Audit:CheckpointWebhook", "ftp://hunter2", "MeshConsole:Audit:CheckpointWebhook")]
    [InlineData("Audit:CheckpointEvents", "nowhere/default", "MeshConsole:Audit:CheckpointEvents")]
    public void Options_ThatAreWrong_AreNamedWithoutTheirSecrets(string key, string value, string faulty)
    {
        var exception = Should.Throw<ConfigurationException>(() => MeshConsoleApplication.Build(["--urls", "http://127.0.0.1:0", $"--MeshConsole:{key}", value]));
        exception.Faults.ShouldHaveSingleItem().Key.ShouldBe(faulty);
        exception.Message.ShouldNotContain("hunter2");
    }
}
