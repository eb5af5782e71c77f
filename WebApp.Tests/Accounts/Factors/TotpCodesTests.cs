using System.Text;
using WebApp.Accounts.Factors;

namespace WebApp.Tests.Accounts.Factors;

[Trait("Lane", "Fast")]
public sealed class TotpCodesTests
{
    private static readonly byte[] Key = Encoding.ASCII.GetBytes("12345678901234567890");

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void The_codes_are_those_of_RFC_6238(long seconds, string code) =>
        Assert.Equal(code, TotpCodes.CodeAt(Key, TotpCodes.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds))));

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(-1, true)]
    [InlineData(2, false)]
    [InlineData(-2, false)]
    public void A_code_is_found_one_step_either_way_and_no_further(int steps, bool found)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1234567890);
        var step = TotpCodes.StepAt(now) + steps;

        Assert.Equal(found ? step : null, TotpCodes.FindStep(Key, TotpCodes.CodeAt(Key, step), now));
    }

    [Theory]
    [InlineData("005 924", true)]
    [InlineData(" 005924 ", true)]
    [InlineData("005925", false)]
    [InlineData("5924", false)]
    [InlineData("0059240", false)]
    [InlineData("００５９２４", true)]
    [InlineData("005٬924", false)]
    [InlineData("", false)]
    public void Blanks_and_the_script_of_digits_do_not_matter_and_all_else_does(string typed, bool found) =>
        Assert.Equal(found, TotpCodes.FindStep(Key, typed, DateTimeOffset.FromUnixTimeSeconds(1234567890)) is not null);

    [Fact]
    public void Keys_are_as_long_as_the_hash_and_none_is_like_another()
    {
        var keys = Enumerable.Range(0, 1000).Select(_ => Convert.ToHexString(TotpCodes.NewKey())).ToList();

        Assert.All(keys, key => Assert.Equal(2 * 20, key.Length));
        Assert.Equal(keys.Count, keys.Distinct(StringComparer.Ordinal).Count());
    }
}
