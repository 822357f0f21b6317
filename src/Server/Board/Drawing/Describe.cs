using System.Globalization;
using System.Text;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>A picture in words, for those who hear it.</summary>
internal static class Describe
{
    public static string Title(Story story) => string.Create(
        CultureInfo.InvariantCulture,
        $"Who waits for whom: {story.Processes.Length} {(story.Processes.Length == 1 ? "process" : "processes")}, {story.Resources.Length} shared {(story.Resources.Length == 1 ? "object" : "objects")}");

    public static string Arrows(Story story)
    {
        var text = new StringBuilder();
        foreach (StoryWait wait in story.Waits)
            text.Append(CultureInfo.InvariantCulture, $"{Name(story, wait.From)} {wait.Label}: {Name(story, wait.To)}. ");
        foreach (StoryPort port in story.Ports)
        {
            StoryResource resource = story.Resources[port.Resource];
            text.Append(CultureInfo.InvariantCulture, $"{Name(story, port.Process)} has {resource.Shared.Letter} ({resource.Shared.Name}, {resource.Note}) open at {port.Label}. ");
        }
        return text.ToString().TrimEnd();
    }

    private static string Name(Story story, int index)
    {
        StoryProcess process = story.Processes[index];
        string name = VisibleText.Of(process.Name);
        return process.Presence != Presence.Collected ? name : string.Create(CultureInfo.InvariantCulture, $"{name} ({process.Pid})");
    }
}
