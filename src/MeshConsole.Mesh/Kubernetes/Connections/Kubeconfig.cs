using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>
/// A kubeconfig: one file, or several merged as kubectl merges them (the first file that names a cluster, user or context
/// decides it whole, and so for the current context). Paths inside are relative to the file they stand in.
/// </summary>
public sealed class Kubeconfig
{
    private const int LongestFile = 4 * 1024 * 1024;
    private const string ExecGroup = "client.authentication.k8s.io/";

    private readonly Dictionary<string, YamlFields> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, YamlFields> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, YamlFields> _contexts = new(StringComparer.Ordinal);

    private Kubeconfig(string files) => Files = files;

    /// <summary>The files it was read from, for people.</summary>
    public string Files { get; }

    /// <summary>Null when no file names one.</summary>
    public string? CurrentContext { get; private set; }

    /// <summary>Names of the contexts, sorted.</summary>
    public ImmutableArray<string> Contexts => [.. _contexts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Reads a kubeconfig.</summary>
    /// <param name="file">The file; null for those of <c>KUBECONFIG</c>, else <c>.kube/config</c> in the home directory.</param>
    /// <param name="environment">Reads environment variables; null for those of the process.</param>
    /// <exception cref="KubeconfigException">A file is missing, unreadable or not a kubeconfig.</exception>
    public static Kubeconfig Load(string? file = null, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        if (!string.IsNullOrWhiteSpace(file))
        {
            var expanded = Expand(file, environment);
            var single = new Kubeconfig(expanded);
            single.Merge(expanded, Read(expanded) ?? throw Missing(expanded, "Correct the path, or leave it out to use KUBECONFIG or the file in the home directory"));
            return single;
        }

        if (environment("KUBECONFIG") is { Length: > 0 } list)
        {
            var files = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Distinct(StringComparer.Ordinal).Select(name => Expand(name, environment)).ToArray();
            var merged = new Kubeconfig(string.Join(Path.PathSeparator, files));
            var found = 0;
            foreach (var name in files)
            {
                // kubectl, too, passes over files of the list that do not exist.
                if (Read(name) is { } root)
                {
                    merged.Merge(name, root);
                    found++;
                }
            }

            return found > 0 ? merged : throw Missing($"KUBECONFIG={list}", "None of the files of the list is there: correct the variable, or unset it to use the file in the home directory");
        }

        var standard = Path.Combine(Home(environment), ".kube", "config");
        var config = new Kubeconfig(standard);
        config.Merge(standard, Read(standard) ?? throw Missing(standard, "Name a kubeconfig in the cluster's Kubeconfig setting, set KUBECONFIG, or set InCluster to true inside a pod"));
        return config;
    }

    /// <summary>The full path that a configured path stands for: <c>~/</c> is the home directory, for no shell has expanded it.</summary>
    /// <param name="environment">Reads environment variables; null for those of the process.</param>
    public static string Expand(string file, Func<string, string?>? environment = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return file.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Home(environment ?? Environment.GetEnvironmentVariable), file[2..]) : Path.GetFullPath(file);
    }

    /// <summary>The connection of a context.</summary>
    /// <param name="context">Null for the current context.</param>
    /// <exception cref="KubeconfigException">The context, or what it names, is missing or cannot be used.</exception>
    public KubernetesConnection Connect(string? context, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var name = string.IsNullOrEmpty(context) ? CurrentContext : context;
        if (string.IsNullOrEmpty(name))
        {
            throw new KubeconfigException(Files, $"no context is chosen: current-context is empty. Set it, or name one of {Names(_contexts)} in the cluster's Context setting");
        }

        var chosen = Find(_contexts, "context", name, "named by the cluster's Context setting or by current-context");
        var clusterName = chosen.Text("cluster") ?? throw new KubeconfigException(chosen.File, $"context \"{name}\" names no cluster: set one of {Names(_clusters)}");
        var cluster = Find(_clusters, "cluster", clusterName, $"named by context \"{name}\"");
        var userName = chosen.Text("user");
        var user = userName is null ? null : Find(_users, "user", userName, $"named by context \"{name}\"");

        var serverText = cluster.Text("server") ?? throw new KubeconfigException(cluster.File, $"cluster \"{clusterName}\" has no server: set its https address");
        if (!Uri.TryCreate(serverText, UriKind.Absolute, out var server) || server.Scheme is not ("https" or "http") || server.UserInfo.Length > 0 || server.Query.Length > 0 || server.Fragment.Length > 0)
        {
            throw cluster.Wrong("server", "must be an address such as https://10.0.0.1:6443, without user, query or fragment");
        }

        var skip = cluster.Flag("insecure-skip-tls-verify");
        Uri? proxy = null;
        if (cluster.Text("proxy-url") is { } proxyText
            && (!Uri.TryCreate(proxyText, UriKind.Absolute, out proxy) || proxy.Scheme is not ("http" or "https" or "socks5")))
        {
            throw cluster.Wrong("proxy-url", "must be an address that begins with http://, https:// or socks5://");
        }

        var caData = cluster.Text("certificate-authority-data");
        var caFile = cluster.Text("certificate-authority");
        if (skip && (caData is not null || caFile is not null))
        {
            throw cluster.Wrong("insecure-skip-tls-verify", "cannot be true beside certificate-authority: remove one of the two");
        }

        return new KubernetesConnection(
            server,
            $"context {Printable.Text(name, 200)} of {cluster.File}",
            user is null ? CredentialSource.Anonymous : Credentials(user, userName!, cluster, time),
            Authorities(cluster, caData, caFile),
            skip,
            cluster.Text("tls-server-name"),
            proxy,
            chosen.Text("namespace"),
            user is null ? null : ActAs(user));
    }

    /// <summary>Whom the user entry asks to act for. Passing over it would use the account's own, larger rights.</summary>
    private static Impersonation? ActAs(YamlFields user)
    {
        if (user.Fields("as-user-extra") is not null || user.Text("as-uid") is not null)
        {
            throw user.Wrong(user.Text("as-uid") is null ? "as-user-extra" : "as-uid", "is not supported: act for a user with as and as-groups only");
        }

        var name = user.Text("as");
        var groups = user.Texts("as-groups");
        if (name is null)
        {
            return groups.IsEmpty ? null : throw user.Wrong("as-groups", "stands without as: name the user to act for");
        }

        var impersonation = new Impersonation(name, groups);
        return impersonation.IsSendable ? impersonation : throw user.Wrong("as", "and as-groups must be printable ASCII");
    }

    private static CertificateAuthorities Authorities(YamlFields cluster, string? data, string? file)
    {
        try
        {
            if (data is not null)
            {
                return CertificateAuthorities.OfPem(Encoding.UTF8.GetString(Convert.FromBase64String(data)));
            }

            return file is null ? CertificateAuthorities.OfMachine() : CertificateAuthorities.OfFile(Resolve(cluster.File, file));
        }
        catch (FormatException)
        {
            throw cluster.Wrong("certificate-authority-data", "is not valid base64: it must be a PEM bundle in base64");
        }
        catch (CryptographicException)
        {
            throw cluster.Wrong(data is null ? "certificate-authority" : "certificate-authority-data", "holds no certificate: it must be a bundle of PEM certificates");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw cluster.Wrong("certificate-authority", $"names {Resolve(cluster.File, file!)}, which cannot be read ({exception.Message}). The path is relative to the kubeconfig");
        }
    }

    private static CredentialSource Credentials(YamlFields user, string name, YamlFields cluster, TimeProvider time)
    {
        var origin = $"user \"{Printable.Text(name, 200)}\" of {user.File}";
        if (user.Fields("auth-provider") is { } provider)
        {
            throw provider.Wrong("name", $"asks for the auth-provider \"{Printable.Text(provider.Text("name") ?? "", 60)}\", a mechanism that Kubernetes has removed. Replace it by the exec plugin of your provider (gke-gcloud-auth-plugin, kubelogin, aws eks get-token …) or by a token");
        }

        var exec = user.Fields("exec");
        var bearer = exec is not null ? new ExecCredentials(Exec(exec, origin, cluster), time) : Bearer(user, time);
        return WithCertificate(user, origin, bearer, time);
    }

    private static CredentialSource Bearer(YamlFields user, TimeProvider time)
    {
        var token = user.Text("token");
        if (token is not null && token.AsSpan().IndexOfAnyInRange('\0', ' ') >= 0)
        {
            throw user.Wrong("token", "holds white space or control characters: it must be one word");
        }

        if (user.Text("tokenFile") is { } tokenFile)
        {
            var file = Resolve(user.File, tokenFile);
            return token is not null || File.Exists(file)
                ? new TokenFileCredentials(file, token, time)
                : throw user.Wrong("tokenFile", $"names {file}, which does not exist. The path is relative to the kubeconfig");
        }

        if (token is not null)
        {
            return FixedCredentials.Bearer(token);
        }

        var (account, password) = (user.Text("username"), user.Text("password"));
        return (account, password) switch
        {
            (null, null) => CredentialSource.Anonymous,
            (not null, _) => FixedCredentials.Basic(account, password ?? ""),
            _ => throw user.Wrong("password", "stands without a username: set both, or neither"),
        };
    }

    private static CredentialSource WithCertificate(YamlFields user, string origin, CredentialSource bearer, TimeProvider time)
    {
        var certificateData = user.Text("client-certificate-data");
        var certificateFile = user.Text("client-certificate");
        var keyData = user.Text("client-key-data");
        var keyFile = user.Text("client-key");
        var hasCertificate = certificateData is not null || certificateFile is not null;
        if (!hasCertificate && keyData is null && keyFile is null)
        {
            return bearer;
        }

        if (!hasCertificate)
        {
            throw user.Wrong(keyData is null ? "client-key" : "client-key-data", "stands without client-certificate: set both, or neither");
        }

        if (keyData is null && keyFile is null)
        {
            throw user.Wrong(certificateData is null ? "client-certificate" : "client-certificate-data", "stands without client-key: set both, or neither");
        }

        var certificate = Pem(user, "client-certificate", certificateData, certificateFile);
        var key = Pem(user, "client-key", keyData, keyFile);
        try
        {
            ClientCertificates.FromPem(certificate(), key());
        }
        catch (CryptographicException exception)
        {
            throw new KubeconfigException(user.File, $"{user.Path}: the client certificate and its key cannot be used ({exception.Message}). Both must be PEM, the key unencrypted and belonging to the certificate", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException(user.File, $"{user.Path}: the client certificate or its key cannot be read ({exception.Message}). Paths are relative to the kubeconfig", exception);
        }

        return new ClientCertificateCredentials(certificate, key, origin, certificateData is null || keyData is null, bearer, time);
    }

    private static Func<string> Pem(YamlFields user, string field, string? data, string? file)
    {
        if (data is null)
        {
            var path = Resolve(user.File, file!);
            return () => File.ReadAllText(path);
        }

        try
        {
            var pem = Encoding.UTF8.GetString(Convert.FromBase64String(data));
            return () => pem;
        }
        catch (FormatException)
        {
            throw user.Wrong($"{field}-data", "is not valid base64: it must be PEM in base64");
        }
    }

    private static ExecPlugin Exec(YamlFields exec, string origin, YamlFields cluster)
    {
        var version = exec.Text("apiVersion");
        if (version is not (ExecGroup + "v1" or ExecGroup + "v1beta1"))
        {
            throw exec.Wrong("apiVersion", $"must be {ExecGroup}v1 or {ExecGroup}v1beta1. Have the plugin's own command write the kubeconfig anew, or change the version if the plugin answers with it");
        }

        var command = exec.Text("command") ?? throw exec.Wrong("command", "is missing: name the program that gives credentials");
        switch (exec.Text("interactiveMode"))
        {
            case null when version == ExecGroup + "v1":
                throw exec.Wrong("interactiveMode", "is missing: it must be Never, IfAvailable or Always (the console can use the first two)");
            case null or "Never" or "IfAvailable":
                break;
            case "Always":
                throw exec.Wrong("interactiveMode", "is Always: the plugin needs a terminal, which a server does not have. Use a plugin or an account that works without one");
            default:
                throw exec.Wrong("interactiveMode", "must be Never, IfAvailable or Always");
        }

        // Like client-go: a bare name is looked up in PATH, anything else is relative to the file.
        var program = command.Contains(Path.DirectorySeparatorChar) || command.Contains('/') ? Resolve(exec.File, command) : command;
        var environment = exec.List("env")
            .Select(item => KeyValuePair.Create(item.Text("name") ?? throw item.Wrong("name", "is missing"), item.Text("value") ?? ""));
        return new ExecPlugin(
            version,
            program,
            exec.Texts("args"),
            [.. environment],
            exec.Text("installHint"),
            exec.Flag("provideClusterInfo") ? ClusterInfo(cluster) : null,
            origin);
    }

    private static string ClusterInfo(YamlFields cluster)
    {
        var info = new JsonObject { ["server"] = cluster.Text("server") };
        if (cluster.Text("tls-server-name") is { } serverName)
        {
            info["tls-server-name"] = serverName;
        }

        if (cluster.Flag("insecure-skip-tls-verify"))
        {
            info["insecure-skip-tls-verify"] = true;
        }

        if (cluster.Text("certificate-authority-data") is { } data)
        {
            info["certificate-authority-data"] = data;
        }
        else if (cluster.Text("certificate-authority") is { } file)
        {
            info["certificate-authority-data"] = Convert.ToBase64String(File.ReadAllBytes(Resolve(cluster.File, file)));
        }

        if (cluster.Text("proxy-url") is { } proxy)
        {
            info["proxy-url"] = proxy;
        }

        foreach (var extension in cluster.List("extensions"))
        {
            if (string.Equals(extension.Text("name"), "client.authentication.k8s.io/exec", StringComparison.Ordinal))
            {
                info["config"] = extension.Json("extension");
            }
        }

        return info.ToJsonString();
    }

    private static YamlMappingNode? Read(string file)
    {
        try
        {
            var information = new FileInfo(file);
            if (!information.Exists)
            {
                return Directory.Exists(file) ? throw new KubeconfigException(file, "is a directory: name a kubeconfig file") : null;
            }

            if (information.Length > LongestFile)
            {
                throw new KubeconfigException(file, $"is larger than {LongestFile / 1024 / 1024} MiB: it is not a kubeconfig");
            }

            var yaml = new YamlStream();
            using var reader = new StreamReader(file, Encoding.UTF8);
            yaml.Load(reader);
            return yaml.Documents.Count == 0 ? new YamlMappingNode() : yaml.Documents[0].RootNode switch
            {
                YamlMappingNode mapping => mapping,
                YamlScalarNode { Value: null or "" } => new YamlMappingNode(),
                _ => throw new KubeconfigException(file, "is not a kubeconfig: it must be a mapping with clusters, users and contexts"),
            };
        }
        catch (YamlException exception)
        {
            // The message of the exception may quote the file, and with it a token: only the place is told.
            throw new KubeconfigException(file, $"is not valid YAML (line {exception.Start.Line}, column {exception.Start.Column})");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException(file, $"cannot be read ({exception.Message}): check the rights of the console's user", exception);
        }
    }

    private void Merge(string file, YamlMappingNode root)
    {
        var fields = new YamlFields(file, "", root);
        if (fields.Text("kind") is { } kind && kind != "Config")
        {
            throw fields.Wrong("kind", $"is \"{Printable.Text(kind, 60)}\": a kubeconfig has kind Config");
        }

        CurrentContext ??= fields.Text("current-context");
        Add(_clusters, fields, "clusters", "cluster");
        Add(_users, fields, "users", "user");
        Add(_contexts, fields, "contexts", "context");
    }

    private static void Add(Dictionary<string, YamlFields> entries, YamlFields root, string list, string part)
    {
        foreach (var item in root.List(list))
        {
            var name = item.Text("name") ?? throw item.Wrong("name", "is missing: each entry has a name");
            entries.TryAdd(name, item.Fields(part) ?? new YamlFields(root.File, $"{item.Path}.{part}", new YamlMappingNode()));
        }
    }

    private YamlFields Find(Dictionary<string, YamlFields> entries, string what, string name, string whence) =>
        entries.TryGetValue(name, out var found)
            ? found
            : throw new KubeconfigException(Files, $"there is no {what} \"{Printable.Text(name, 200)}\" ({whence}). {(entries.Count == 0 ? $"The file has no {what}s" : $"Known: {Names(entries)}")}");

    private static string Names(Dictionary<string, YamlFields> entries) =>
        entries.Count == 0 ? "(none)" : string.Join(", ", entries.Keys.Order(StringComparer.Ordinal).Take(20).Select(name => $"\"{Printable.Text(name, 100)}\"")) + (entries.Count > 20 ? " …" : "");

    private static KubeconfigException Missing(string file, string advice) => new(file, $"the file does not exist. {advice}");

    private static string Home(Func<string, string?> environment) =>
        environment("HOME") is { Length: > 0 } directory ? directory : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string Resolve(string kubeconfig, string path) =>
        Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(kubeconfig)) ?? "/");
}
