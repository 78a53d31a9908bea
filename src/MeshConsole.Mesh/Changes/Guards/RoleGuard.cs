using MeshConsole.Mesh.Access;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Whoever acts holds the role of an operator in this namespace.</summary>
internal sealed class RoleGuard : IGuard
{
    private static readonly GuardText s_text = new("role", "You may change this", "Only operators of a namespace move its traffic.");

    public GuardVerdict Check(GuardContext context)
    {
        var (actor, target) = (context.Actor, context.Plan.Target);
        return actor.HasIn(Role.Operator, target.Namespace)
            ? s_text.Pass($"{actor.Name} is an operator in {target.Namespace}.")
            : s_text.Refuse(
                actor.Has(Role.Operator) ? $"{actor.Name} is an operator, but not in {target.Namespace}." : $"{actor.Name} is not an operator.",
                "Ask an operator of the namespace to make the change.",
                new GuardFact("Roles", string.Join(", ", actor.Roles)));
    }
}
