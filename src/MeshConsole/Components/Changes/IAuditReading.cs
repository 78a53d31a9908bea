using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;

namespace MeshConsole.Components.Changes;

/// <summary>What the pages ask of the audit. Each call is authorised where it is answered.</summary>
public interface IAuditReading
{
    /// <summary>Newest first.</summary>
    Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, Actor actor, CancellationToken cancellationToken);

    /// <summary>Verifies the whole log; that is a record of the log too.</summary>
    Task<AuditVerification> VerifyAsync(Actor actor, CancellationToken cancellationToken);

    /// <summary>What is known of the chain; asks nobody.</summary>
    AuditChainState Chain { get; }

    /// <summary>Never throws for a database that does not answer: that is in the answer.</summary>
    Task<AuditState> GetStateAsync(CancellationToken cancellationToken);
}

/// <summary>The audit of this console.</summary>
internal sealed class AuditReading(AuditService audit) : IAuditReading
{
    public Task<ImmutableArray<AuditRecord>> SearchAsync(AuditFilter filter, Actor actor, CancellationToken cancellationToken) => audit.SearchAsync(filter, actor, cancellationToken);

    public Task<AuditVerification> VerifyAsync(Actor actor, CancellationToken cancellationToken) => audit.VerifyAsync(actor, cancellationToken);

    public AuditChainState Chain => audit.Chain;

    public Task<AuditState> GetStateAsync(CancellationToken cancellationToken) => audit.GetStateAsync(cancellationToken);
}
