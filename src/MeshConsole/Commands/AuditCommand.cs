using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using MeshConsole.Mesh.Audit;

namespace MeshConsole.Commands;

/// <summary><c>meshconsole audit verify</c>: verifies an export without a console, a database or a network.</summary>
internal static class AuditCommand
{
    /// <summary>The log is not what was recorded.</summary>
    private const int Bad = 1;

    /// <summary>The files could not be read, or the command line is wrong.</summary>
    private const int Unusable = 2;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var file = new Argument<string>("FILE") { Description = "Export of the audit in JSON Lines." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "File with checkpoints, as the console wrote it. Without one, an end that was cut off cannot be seen." };
        var key = new Option<string?>("--key") { Description = "File with the public key to trust, in PEM form (audit-key.pem.pub). Without one, the key is taken from the log itself." };
        var from = new Option<long>("--from") { Description = "Sequence of the first record in the file, when it is not the whole log.", DefaultValueFactory = _ => 1 };
        from.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() < 1)
            {
                result.AddError("--from takes a number from 1.");
            }
        });
        var verify = new Command("verify", "Verifies an export: exit code 0 when it is good, 1 when a record is bad, 2 when it cannot be read.") { file, checkpoint, key, from };
        verify.SetAction((parsed, cancellationToken) => VerifyAsync(parsed.GetValue(file)!, parsed.GetValue(checkpoint), parsed.GetValue(key), parsed.GetValue(from), output, error, cancellationToken));
        var parsed = new RootCommand("Works on the audit log.") { verify }.Parse(args);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return parsed.Errors.Count > 0 ? Unusable : code;
    }

    private static async Task<int> VerifyAsync(string file, string? checkpointFile, string? keyFile, long from, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            var checkpoints = ImmutableArray<AuditCheckpoint>.Empty;
            if (checkpointFile is not null)
            {
                (checkpoints, var problems) = await FileCheckpointSink.ReadAsync(checkpointFile, cancellationToken);
                foreach (var problem in problems)
                {
                    await error.WriteLineAsync($"{checkpointFile}: {problem}");
                }

                if (checkpoints.IsEmpty)
                {
                    await error.WriteLineAsync($"{checkpointFile}: there is no checkpoint in this file.");
                    return Unusable;
                }
            }

            var trusted = keyFile is null ? null : CheckpointKey.IdOfPem(await File.ReadAllTextAsync(keyFile, cancellationToken));
            var verifier = new AuditChainVerifier(checkpoints, trusted, from);
            var lines = 0L;
            await foreach (var line in File.ReadLinesAsync(file, cancellationToken))
            {
                // An export ends with a line break; an empty line in between is one that was blanked out.
                lines++;
                verifier.Add(line);
                if (verifier.Broken)
                {
                    break;
                }
            }

            if (lines == 0 && checkpoints.IsEmpty)
            {
                await error.WriteLineAsync($"{file}: the file is empty.");
                return Unusable;
            }

            return await ReportAsync(verifier.Finish(), file, output);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            await error.WriteLineAsync(exception.Message);
            return Unusable;
        }
    }

    private static async Task<int> ReportAsync(AuditVerification result, string file, TextWriter output)
    {
        if (result.Good)
        {
            await output.WriteLineAsync(Text($"Good: {file} holds records {result.First} to {result.VerifiedTo}, each as it was recorded and in its place."));
        }
        else
        {
            var bad = result.FirstBad!;
            await output.WriteLineAsync(Text($"Bad: the first bad record is {bad.Sequence} ({bad.Problem})."));
            foreach (var finding in result.Findings)
            {
                await output.WriteLineAsync($"  {finding.Message}.");
            }

            await output.WriteLineAsync(result.VerifiedTo == 0 ? "No record before it was verified." : Text($"The chain holds up to record {result.VerifiedTo}."));
        }

        if (result.Checkpoints > 0)
        {
            await output.WriteLineAsync(Text($"Checkpoints: {result.Checkpoints} fit; the newest vouches for record {result.CheckpointedTo}; signed with key {string.Join(", ", result.KeyIds)}."));
        }

        if (result.VerifiedTo > 0)
        {
            await output.WriteLineAsync($"Head: {result.Head}");
        }

        foreach (var note in result.Notes)
        {
            await output.WriteLineAsync($"Note: {note}");
        }

        return result.Good ? 0 : Bad;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
