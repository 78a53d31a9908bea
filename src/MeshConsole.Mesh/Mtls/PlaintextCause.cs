namespace MeshConsole.Mesh.Mtls;

/// <summary>Why an edge is not encrypted, or why nobody can tell.</summary>
/// <param name="Code">
/// Stable, for programs. Of plaintext: <c>policy-disable, caller-without-proxy, caller-on-host-network, port-excluded,
/// range-excluded, destination-rule, headless, ztunnel-passthrough, outside-client, unknown-caller, other-cluster,
/// unexplained</c>; of what nobody can tell: <c>callee-without-proxy, callee-port-excluded, callee-not-scraped, never-arrived,
/// passthrough, label-missing, not-reported</c>.
/// </param>
/// <param name="Reason">What is known, a sentence or more.</param>
/// <param name="Fix">What would end it.</param>
public readonly record struct PlaintextCause(string Code, string Reason, string Fix);
