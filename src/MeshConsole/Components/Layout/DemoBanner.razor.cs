namespace MeshConsole.Components.Layout;

/// <summary>Says that the mesh is embedded, and switches its scenario.</summary>
public sealed partial class DemoBanner
{
    private static partial class Log
    {
        [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "Scenario {Scenario} could not be switched on.")]
        public static partial void SwitchFailed(ILogger logger, string scenario, Exception fault);
    }
}
