using MeshConsole.Commands;

return args switch
{
    ["simulate", ..] => await SimulateCommand.RunAsync(args[1..]),
    ["audit", ..] => await AuditCommand.RunAsync(args[1..], Console.Out, Console.Error),
    [var word, ..] when !word.StartsWith('-') && !word.Contains('=', StringComparison.Ordinal) => await UnknownCommand.RunAsync(word),
    _ => await ServeCommand.RunAsync(args),
};
