using System.Globalization;
using System.Text;
using QRCoder;

namespace WebApp.Pages.Account.Security;

/// <summary>A QR code as one SVG path, without any style: the content security policy would stop inline ones.</summary>
/// <param name="Size">Modules a side, the quiet zone of four included.</param>
/// <param name="Path">What is dark, a module being one unit.</param>
public sealed record QrCode(int Size, string Path)
{
    public static QrCode Of(string text)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var (rows, path) = (data.ModuleMatrix, new StringBuilder());
        for (var y = 0; y < rows.Count; y++)
        {
            for (var x = 0; x < rows.Count; x++)
            {
                var from = x;
                while (x < rows.Count && rows[y][x])
                    x++;
                if (x > from)
                    path.Append(CultureInfo.InvariantCulture, $"M{from} {y}h{x - from}v1h-{x - from}z");
            }
        }

        return new(rows.Count, path.ToString());
    }
}
