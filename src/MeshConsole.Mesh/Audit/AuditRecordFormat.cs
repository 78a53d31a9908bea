using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// A record as JSON: what is stored, exported and hashed. The hash covers the canonical form (<see cref="CanonicalJson"/>)
/// of all members but <c>hash</c>. Members that have no value are left out.
/// </summary>
public static class AuditRecordFormat
{
    /// <summary>Of the first record: there is none before it.</summary>
    public const string NoHash = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>Version of the members, so that a later program can read older records as what they were.</summary>
    private const int Schema = 1;

    private const int LongestRecord = 1_048_576;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>The record that the entry becomes, and its JSON on one line. What users wrote is made inert on the way.</summary>
    /// <param name="at">Kept in whole milliseconds.</param>
    public static (AuditRecord Record, string Json) Seal(AuditEntry entry, long sequence, string id, DateTimeOffset at, string previousHash)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var clean = Clean(entry);
        var moment = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
        var content = ToJson(clean, sequence, id, moment, previousHash);
        var canonical = CanonicalJson.Write(content);
        if (canonical.Length > LongestRecord && clean.Details is { } details)
        {
            // Its digest stays: whoever has the evidence elsewhere can show that it is the same.
            var text = CanonicalJson.Write(details);
            clean = clean with { Details = new JsonObject { ["omitted"] = $"{text.Length} characters", ["sha256"] = Hash(text) } };
            content = ToJson(clean, sequence, id, moment, previousHash);
            canonical = CanonicalJson.Write(content);
        }

        var hash = Hash(canonical);
        content["hash"] = hash;
        return (new AuditRecord(sequence, id, moment, clean, previousHash, hash), CanonicalJson.Write(content));
    }

    /// <summary>Reads a record back. Says nothing about whether its hash is right: see <see cref="ContentHash"/>.</summary>
    /// <exception cref="FormatException">It is not a record.</exception>
    public static AuditRecord Read(string json)
    {
        using var document = Parse(json);
        return Read(document.RootElement);
    }

    internal static JsonDocument Parse(string json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"this is not JSON: {Printable.Text(exception.Message, 200)}", exception);
        }
    }

    internal static AuditRecord Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("a record is an object");
        }

        if (!root.TryGetProperty("schema", out var schema) || schema.ValueKind != JsonValueKind.Number || !schema.TryGetInt32(out var version) || version != Schema)
        {
            throw new FormatException($"'schema' is {(schema.ValueKind == JsonValueKind.Undefined ? "missing" : Printable.Text(schema.GetRawText(), 50))}; this program reads {Schema}");
        }

        if (!root.TryGetProperty("sequence", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var sequence))
        {
            throw new FormatException("'sequence' must be a whole number");
        }

        if (!DateTimeOffset.TryParseExact(Required(root, "at"), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            throw new FormatException("'at' must be a time such as 2026-03-02T09:00:00.000Z");
        }

        var entry = new AuditEntry
        {
            Actor = ReadActor(Member(root, "actor", JsonValueKind.Object) ?? throw new FormatException("'actor' is missing")),
            Action = Required(root, "action"),
            Phase = Required(root, "phase"),
            Outcome = Required(root, "outcome"),
            Summary = Required(root, "summary"),
            Target = Member(root, "target", JsonValueKind.Object) is { } target ? ReadTarget(target) : null,
            ChangeId = Optional(root, "changeId"),
            Reason = Optional(root, "reason"),
            Ticket = Optional(root, "ticket"),
            PlanHash = Optional(root, "planHash"),
            PolicyHash = Optional(root, "policyHash"),
            Details = Member(root, "details", JsonValueKind.Object) is { } details ? JsonObject.Create(details.Clone()) : null,
        };
        return new AuditRecord(sequence, Required(root, "id"), at, entry, Required(root, "previousHash"), Required(root, "hash"));
    }

    /// <summary>What the hash of these members must be.</summary>
    /// <exception cref="FormatException">They have no canonical form.</exception>
    internal static string ContentHash(JsonElement root) => Hash(CanonicalJson.Write(root, without: "hash"));

    internal static string Hash(string canonical) => Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Utf8(canonical)));

    internal static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static AuditEntry Clean(AuditEntry entry) => entry with
    {
        Actor = Clean(entry.Actor),
        Action = AuditText.Clean(entry.Action, AuditText.Name),
        Phase = AuditText.Clean(entry.Phase, AuditText.Name),
        Outcome = AuditText.Clean(entry.Outcome, AuditText.Name),
        Summary = AuditText.Clean(entry.Summary, AuditText.Line),
        Target = entry.Target is { } target
            ? new AuditTarget(
                AuditText.Clean(target.Cluster, AuditText.Name),
                AuditText.Clean(target.ApiVersion, AuditText.Name),
                AuditText.Clean(target.Kind, AuditText.Name),
                AuditText.Clean(target.Namespace, AuditText.Name),
                AuditText.Clean(target.Name, AuditText.Name),
                AuditText.CleanOptional(target.Uid, AuditText.Name))
            : null,
        ChangeId = AuditText.CleanOptional(entry.ChangeId, AuditText.Name),
        Reason = AuditText.CleanOptional(entry.Reason, 4 * AuditText.Line),
        Ticket = AuditText.CleanOptional(entry.Ticket, AuditText.Name),
        PlanHash = AuditText.CleanOptional(entry.PlanHash, AuditText.Name),
        PolicyHash = AuditText.CleanOptional(entry.PolicyHash, AuditText.Name),
        Details = entry.Details is { } details ? (JsonObject)AuditText.Clean(JsonSerializer.SerializeToElement(details))! : null,
    };

    private static Actor Clean(Actor actor) => actor with
    {
        Issuer = AuditText.Clean(actor.Issuer, AuditText.Name),
        Subject = AuditText.Clean(actor.Subject, AuditText.Name),
        Name = AuditText.Clean(actor.Name, AuditText.Name),
        Namespaces = actor.Namespaces is { } namespaces ? [.. namespaces.Select(name => AuditText.Clean(name, AuditText.Name))] : null,
        ClusterIdentity = actor.ClusterIdentity is { } identity
            ? new Impersonation(AuditText.Clean(identity.User, AuditText.Name), [.. identity.Groups.Select(group => AuditText.Clean(group, AuditText.Name))])
            : null,
        Method = AuditText.Clean(actor.Method, AuditText.Name),
        Credential = AuditText.CleanOptional(actor.Credential, AuditText.Name),
        Session = AuditText.CleanOptional(actor.Session, AuditText.Name),
        Address = AuditText.CleanOptional(actor.Address, AuditText.Name),
        UserAgent = AuditText.CleanOptional(actor.UserAgent, AuditText.Name),
    };

    private static JsonObject ToJson(AuditEntry entry, long sequence, string id, DateTimeOffset at, string previousHash)
    {
        var json = new JsonObject
        {
            ["schema"] = Schema,
            ["sequence"] = sequence,
            ["id"] = id,
            ["at"] = Time(at),
            ["actor"] = ToJson(entry.Actor),
            ["action"] = entry.Action,
            ["phase"] = entry.Phase,
            ["outcome"] = entry.Outcome,
            ["summary"] = entry.Summary,
            ["previousHash"] = previousHash,
        };
        if (entry.Target is { } target)
        {
            var place = new JsonObject
            {
                ["cluster"] = target.Cluster,
                ["apiVersion"] = target.ApiVersion,
                ["kind"] = target.Kind,
                ["namespace"] = target.Namespace,
                ["name"] = target.Name,
            };
            Add(place, "uid", target.Uid);
            json["target"] = place;
        }

        Add(json, "changeId", entry.ChangeId);
        Add(json, "reason", entry.Reason);
        Add(json, "ticket", entry.Ticket);
        Add(json, "planHash", entry.PlanHash);
        Add(json, "policyHash", entry.PolicyHash);
        if (entry.Details is { } details)
        {
            json["details"] = details.DeepClone();
        }

        return json;
    }

    private static JsonObject ToJson(Actor actor)
    {
        var json = new JsonObject
        {
            ["issuer"] = actor.Issuer,
            ["subject"] = actor.Subject,
            ["name"] = actor.Name,
            ["method"] = actor.Method,
            ["roles"] = new JsonArray([.. actor.Roles.Select(role => JsonValue.Create(RoleName(role)))]),
        };
        if (actor.Namespaces is { } namespaces)
        {
            json["namespaces"] = Texts(namespaces);
        }

        if (actor.ClusterIdentity is { } identity)
        {
            json["actingAs"] = new JsonObject { ["user"] = identity.User, ["groups"] = Texts(identity.Groups) };
        }

        Add(json, "credential", actor.Credential);
        Add(json, "session", actor.Session);
        Add(json, "address", actor.Address);
        Add(json, "userAgent", actor.UserAgent);
        return json;
    }

    private static Actor ReadActor(JsonElement json) => new()
    {
        Issuer = Required(json, "issuer"),
        Subject = Required(json, "subject"),
        Name = Required(json, "name"),
        Method = Required(json, "method"),
        Roles = [.. (Strings(json, "roles") ?? throw new FormatException("'roles' is missing")).Select(name => Enum.TryParse<Role>(name, ignoreCase: true, out var role) && string.Equals(RoleName(role), name, StringComparison.Ordinal) ? role : throw new FormatException("'roles' holds an unknown role"))],
        Namespaces = Strings(json, "namespaces"),
        ClusterIdentity = Member(json, "actingAs", JsonValueKind.Object) is { } identity ? new Impersonation(Required(identity, "user"), Strings(identity, "groups") ?? []) : null,
        Credential = Optional(json, "credential"),
        Session = Optional(json, "session"),
        Address = Optional(json, "address"),
        UserAgent = Optional(json, "userAgent"),
    };

    private static AuditTarget ReadTarget(JsonElement json) =>
        new(Required(json, "cluster"), Required(json, "apiVersion"), Required(json, "kind"), Required(json, "namespace"), Required(json, "name"), Optional(json, "uid"));

    private static string RoleName(Role role) => role switch
    {
        Role.Viewer => "viewer",
        Role.Operator => "operator",
        Role.Approver => "approver",
        Role.Admin => "admin",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    private static JsonArray Texts(ImmutableArray<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static void Add(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static JsonElement? Member(JsonElement json, string name, JsonValueKind kind) => json.TryGetProperty(name, out var value)
        ? value.ValueKind == kind ? value : throw new FormatException($"'{name}' has the wrong type")
        : null;

    private static string Required(JsonElement json, string name) => Optional(json, name) ?? throw new FormatException($"'{name}' is missing");

    private static string? Optional(JsonElement json, string name) => Member(json, name, JsonValueKind.String) is { } text ? Decode(text) : null;

    private static ImmutableArray<string>? Strings(JsonElement json, string name) => Member(json, name, JsonValueKind.Array) is { } list
        ? [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? Decode(item) : throw new FormatException($"'{name}' holds something else than texts"))]
        : null;

    private static string Decode(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException("a text holds half a surrogate pair", exception);
        }
    }
}
