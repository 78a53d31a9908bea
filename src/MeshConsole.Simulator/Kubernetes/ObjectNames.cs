using System.Text.RegularExpressions;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Which names, label keys and label values Kubernetes takes, and what it says of the others.</summary>
internal static partial class ObjectNames
{
    private const string QualifiedNameFault =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string SubdomainFaultText =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
        + @"(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    /// <summary>What is wrong with the name of an object of this kind; null when nothing is.</summary>
    public static string? NameFault(ResourceType type, string name)
    {
        if (type == ResourceTypes.Namespaces)
        {
            if (name.Length > 63) return "must be no more than 63 characters";
            return DnsLabel().IsMatch(name)
                ? null
                : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character "
                    + "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
        }
        if (type == ResourceTypes.Services)
        {
            if (name.Length > 63) return "must be no more than 63 characters";
            return Dns1035Label().IsMatch(name)
                ? null
                : "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character "
                    + "(e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
        }
        return SubdomainFault(name);
    }

    public static string? LabelKeyFault(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && key.IndexOf('/', slash + 1) >= 0) return "a qualified name " + QualifiedNameFault["name part ".Length..] + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        var name = key[(slash + 1)..];
        if (slash == 0) return "prefix part must be non-empty";
        if (slash > 0 && SubdomainFault(key[..slash]) is { } fault) return "prefix part " + fault;
        if (name.Length == 0) return "name part must be non-empty";
        if (name.Length > 63) return "name part must be no more than 63 characters";
        return QualifiedName().IsMatch(name) ? null : QualifiedNameFault;
    }

    public static string? LabelValueFault(string value)
    {
        if (value.Length > 63) return "must be no more than 63 characters";
        return value.Length == 0 || QualifiedName().IsMatch(value)
            ? null
            : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                + "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    }

    private static string? SubdomainFault(string name)
    {
        if (name.Length > 253) return "must be no more than 253 characters";
        return DnsSubdomain().IsMatch(name) ? null : SubdomainFaultText;
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex DnsSubdomain();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"^[a-z]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Dns1035Label();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex QualifiedName();
}
