using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WebApp.Accounts;
using WebApp.Accounts.Passwords;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Accounts.Passwords;

[Trait("Lane", "Fast")]
public sealed class PasswordRulesTests
{
    private static readonly string[] Letters = ["q", "k", "x", "m", "v", "h", "z", "p", "j", "w"];
    private static readonly string[] Pictures = ["🧀", "🍓", "🐙", "🚂", "🎻", "🪁", "🌵", "🧲", "🎈", "🥨"];

    // Some passwords are refused for two reasons; which is told does not matter.
    private static readonly string?[] Simple = ["PasswordTooSimple", "PasswordTooCommon"];
    private static readonly string?[] AboutYou = ["PasswordAboutYou", "PasswordTooSimple"];

    private readonly PasswordSettings _settings = new();
    private readonly AppUser _user = new() { Name = "Zoë Winterbottom", Email = "zoe.w-bottom@nimbus-flowers.example" };

    [Theory]
    [InlineData(false, 14, "PasswordTooShort")]
    [InlineData(false, 15, null)]
    [InlineData(true, 14, "PasswordTooShort")]
    [InlineData(true, 15, null)]
    [InlineData(false, 128, null)]
    [InlineData(false, 129, "PasswordUnusable")]
    [InlineData(true, 128, null)]
    [InlineData(true, 129, "PasswordUnusable")]
    public async Task The_length_counts_in_characters_not_in_units_of_utf16(bool pictures, int count, string? refused) =>
        Assert.Equal(refused, await JudgeAsync(string.Concat(Enumerable.Range(0, count).Select(i => (pictures ? Pictures : Letters)[i % 10]))));

    [Theory]
    [InlineData("\0")]
    [InlineData("\uFFFD")]
    public async Task What_can_not_be_verified_as_it_was_typed_is_refused(string character) =>
        Assert.Equal("PasswordUnusable", await JudgeAsync(Browser.Password + character));

    [Fact]
    public async Task A_missing_password_is_too_short() => Assert.Equal("PasswordTooShort", await JudgeAsync(null));

    [Fact]
    public async Task With_a_second_factor_eight_characters_do_and_the_list_holds_all_the_same()
    {
        Assert.Equal("PasswordTooShort", await JudgeAsync("vk4 wq7m"));
        _user.TwoFactorEnabled = true;

        Assert.Null(await JudgeAsync("vk4 wq7m"));
        Assert.Equal("PasswordTooShort", await JudgeAsync("vk4 wq7"));
        foreach (var common in new[] { "password", "Passw0rd", "iloveyou", "sunshine1", "Summer2024!", "letmein123", "Charlotte99" })
            Assert.Equal("PasswordTooCommon", await JudgeAsync(common));
        foreach (var simple in new[] { "12345678", "aaaabbbb", "abcd1234" })
            Assert.NotNull(await JudgeAsync(simple));
    }

    [Theory]
    [InlineData("correct horse battery staple")]
    [InlineData("Correct-Horse-Battery-Staple!")]
    [InlineData("c0rrecth0rs3b4tt3ry$t4pl3")]
    [InlineData("correcthorsebatterystaple2024")]
    [InlineData("CORRECT HORSE BATTERY STAPLE CORRECT HORSE BATTERY STAPLE")]
    [InlineData("Passwort Passwort")]
    [InlineData("Pässwörd Pässwörd")]
    [InlineData("P@ssw0rdP@ssw0rd")]
    [InlineData("password12345678901")]
    [InlineData("!!! password !!!!!!!!")]
    [InlineData("PasswordPasswordPasswordPassword")]
    [InlineData("thisismypassword")]
    [InlineData("This is my password 1")]
    [InlineData("i love you forever")]
    [InlineData("ILoveJenniferForever")]
    [InlineData("To be, or not to be")]
    [InlineData("may the force be with you")]
    [InlineData("the quick brown fox jumps")]
    [InlineData("administrator123!")]
    [InlineData("welcome to london")]
    [InlineData("1qaz2wsx3edc4rfv")]
    [InlineData("q1w2e3r4t5y6u7i8")]
    public async Task Common_passwords_are_refused_in_every_spelling(string password) => Assert.Equal("PasswordTooCommon", await JudgeAsync(password));

    [Theory]
    [InlineData("ababababababababab")]
    [InlineData("xyzxyzxyzxyzxyzxyz")]
    [InlineData("k7k7k7k7 k7k7k7k7")]
    [InlineData("dcba 4321 wxyz 7890")]
    [InlineData("qwertz asdf 6789 uiop")]
    [InlineData("!@#$%^&*()_+!@#$")]
    public async Task Repetitions_and_rows_are_refused(string password) => Assert.Contains(await JudgeAsync(password), Simple);

    [Theory]
    [InlineData("zoe winterbottom")]
    [InlineData("ZoeWinterbottom2024!")]
    [InlineData("w1nterb0tt0m 99 zoe")]
    [InlineData("zoe.w-bottom@nimbus-flowers.example")]
    [InlineData("nimbus flowers 123")]
    [InlineData("WebApp-WebApp-WebApp")]
    [InlineData("my webapp sessions")]
    [InlineData("zoe at accounts webapp")]
    public async Task What_is_mostly_the_persons_or_the_apps_own_is_refused(string password)
    {
        _settings.AppNames.UnionWith(["accounts", "example"]);

        Assert.Contains(await JudgeAsync(password), AboutYou);
    }

    // No composition is asked for and none is forbidden.
    [Theory]
    [InlineData(Browser.Password)]
    [InlineData(Browser.DemoPassword)]
    [InlineData("another good passphrase")]
    [InlineData("onlysmalllettersinthisone")]
    [InlineData("ONLY BIG LETTERS HERE OK")]
    [InlineData("8392017465382913")]
    [InlineData("}{?>:~;=.,/|-_)(")]
    [InlineData("x7#Kq!w9Lm2$vTz")]
    [InlineData("  blanks at both ends  ")]
    [InlineData("gut Ding will Weile haben")]
    [InlineData("белая ворона летит домой")]
    [InlineData("שלוש ציפורים על הגדר")]
    [InlineData("雨の日に傘を忘れた黒い猫が歩く道")]
    [InlineData("zoe feeds eleven hungry owls")]
    public async Task Whatever_else_is_long_enough_is_taken(string password) => Assert.Null(await JudgeAsync(password));

    [Fact]
    public void The_built_in_list_has_three_thousand_of_each_length_that_is_asked_for()
    {
        var distinct = CommonPasswords.All().Select(password => new TypedText(password).Folded).Distinct().ToList();

        Assert.InRange(distinct.Count(password => password.Length >= 15), 3000, 50_000);
        Assert.InRange(distinct.Count(password => password.Length is >= 8 and < 15), 3000, 50_000);
    }

    [Fact]
    public void Each_of_the_built_in_list_is_found_as_it_stands()
    {
        var blocklist = new PasswordBlocklist(Options.Create(_settings));

        Assert.DoesNotContain(CommonPasswords.All(), password => !blocklist.Has(new(password)));
    }

    [Fact]
    public async Task The_operators_file_is_added_in_every_spelling()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllLinesAsync(file, ["Nimbus Flowers of Exeter", "", "   ", "tulip mania 1637 forever"]);
        Assert.Null(await JudgeAsync("nimbus-flowers-of-exeter", new AppUser()));
        _settings.Blocklist = file;

        Assert.Equal("PasswordTooCommon", await JudgeAsync("nimbus-FL0WERS-of-exeter!", new AppUser()));
        Assert.Equal("PasswordTooCommon", await JudgeAsync("TulipMania1637Forever", new AppUser()));
        Assert.Null(await JudgeAsync(Browser.Password, new AppUser()));
        File.Delete(file);
    }

    [Fact]
    public void The_longest_password_is_judged_quickly_whatever_is_in_it()
    {
        string[] hard = [new('a', 127), string.Concat(Enumerable.Repeat("ab", 63)), string.Concat(Enumerable.Range(0, 128).Select(i => Letters[i * i % 10]))];
        // Half of the work that the request has with the password's hash.
        var hash = Fastest.Of(() => Rfc2898DeriveBytes.Pbkdf2("a password", new byte[16], 100_000, HashAlgorithmName.SHA512, 32));

        foreach (var text in hard)
            Assert.InRange(Fastest.Of(() => new TypedText(text).IsPredictable()), TimeSpan.Zero, hash);
    }

    private Task<string?> JudgeAsync(string? password) => JudgeAsync(password, _user);

    private async Task<string?> JudgeAsync(string? password, AppUser user)
    {
        var settings = Options.Create(_settings);
        using var service = new BreachService(settings, TimeProvider.System, NullLogger<BreachService>.Instance);
        var rules = new PasswordRules(new PasswordBlocklist(settings), new BreachCheck(service), settings);
        return (await rules.ValidateAsync(null!, user, password)).Errors.SingleOrDefault()?.Code;
    }
}
