using MeshConsole.Mesh.Topology;

namespace MeshConsole.Hubs;

/// <summary>
/// One message of the stream <c>Topology</c>: the first carries the whole view, the others what changed since the message
/// before. A message with neither says that a newer snapshot looks the same, so that its age can be shown.
/// </summary>
public sealed record TopologyMessage(long Revision, DateTimeOffset ObservedAt, TopologyView? Topology, TopologyDelta? Delta);
