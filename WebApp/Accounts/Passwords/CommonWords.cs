namespace WebApp.Accounts.Passwords;

/// <summary>What people think of first when they are asked for a password: the material of <see cref="CommonPasswords"/>.</summary>
internal static class CommonWords
{
    /// <summary>Words about passwords and computers, and what is set by default.</summary>
    public static readonly string[] Defaults = Words("""
        password passwort passcode passphrase passkey secret mysecret topsecret pass word login logon signin access allow enter open letmein welcome welcomeback hello
        helloworld default changeme changeit change admin administrator root superuser sysadmin system server network internet computer laptop desktop keyboard
        monitor mouse windows linux macintosh google facebook youtube twitter instagram amazon netflix yahoo hotmail gmail outlook microsoft apple samsung
        android iphone nokia sony nintendo playstation xbox minecraft pokemon fortnite roblox test tester testing demo example sample guest user username
        account mypassword newpassword oldpassword temporary temp initial private security secure unlock trustno nothing whatever anything something nobody
        office company business manager service support customer student teacher school college university library house home family kitchen garden
        """);

    /// <summary>What people love, and call themselves and each other.</summary>
    public static readonly string[] Favourites = Words("""
        sunshine princess prince queen king dragon monkey tiger lion panda kitten puppy dolphin unicorn butterfly ladybug rabbit horse eagle falcon phoenix wolf
        shark spider snake turtle chicken elephant football soccer baseball basketball hockey tennis golf cricket rugby volleyball swimming running fishing
        hunting dancing music guitar piano violin drummer singer rocknroll metallica nirvana beatles eminem blink superman batman spiderman ironman wonderwoman
        captain wolverine starwars startrek skywalker darthvader chewbacca gandalf frodo hobbit voldemort harrypotter hermione hogwarts dumbledore jamesbond
        sherlock matrix terminator godzilla pikachu mickey minnie donald simpsons garfield snoopy scooby tinkerbell cinderella rapunzel master shadow hunter killer
        ninja samurai warrior soldier ranger pirate knight wizard angel devil demon heaven jesus christ church blessed forever together always freedom liberty
        peace happy smile laughter lover loveme loveyou iloveyou iloveu babygirl babyboy sweetheart sweetie honey sugar cookie chocolate vanilla
        cheese pizza burger coffee banana orange cherry strawberry blueberry pineapple peanut butter pepper ginger cinnamon flower rose daisy jasmine violet summer
        winter spring autumn january february march april june july august september october november december monday tuesday wednesday thursday friday
        saturday sunday weekend holiday birthday christmas halloween easter purple yellow green silver golden diamond crystal rainbow thunder lightning storm
        ocean river mountain island beach forest sunset moonlight starlight midnight morning money million dollar rich lucky winner champion number magic mustang
        ferrari porsche mercedes corvette camaro harley yamaha honda toyota maverick cowboy buster rocky bandit lucky buddy maggie molly bella luna coco
        """);

    /// <summary>First names.</summary>
    public static readonly string[] Names = Words("""
        michael jennifer jessica ashley matthew joshua daniel andrew anthony william joseph christopher nicholas alexander alexandra benjamin samantha elizabeth
        stephanie victoria nicole amanda melissa michelle danielle rebecca rachel sarah hannah emily emma olivia sophia isabella charlotte amelia robert richard
        thomas charles david james john george edward henry jordan taylor morgan austin brandon justin kevin brian jason ryan patrick martin peter oliver
        jacob ethan mason logan lucas gabriel samuel maria anna laura sandra monica patricia barbara linda susan karen nancy margaret caroline catherine
        angela andrea claudia natalie vanessa carlos miguel antonio francisco fernando alejandro giovanni francesco alessandro mohammed muhammad abdullah ahmed
        fatima ibrahim sebastian maximilian wolfgang friedrich katharina johannes
        """);

    /// <summary>Cities, countries and teams.</summary>
    public static readonly string[] Places = Words("""
        london paris berlin madrid barcelona lisbon amsterdam rotterdam brussels vienna zurich munich hamburg frankfurt stockholm copenhagen helsinki warsaw prague
        budapest istanbul athens moscow mumbai delhi bangalore singapore hongkong shanghai beijing tokyo seoul sydney melbourne newyork losangeles
        chicago houston boston dallas miami seattle denver toronto montreal vancouver mexico brazil argentina colombia america canada england scotland
        ireland france germany austria switzerland italia spain portugal holland belgium sweden norway denmark finland poland russia turkey greece india
        pakistan indonesia philippines vietnam thailand malaysia australia newzealand california florida texas arsenal chelsea liverpool manchester
        manchesterunited realmadrid juventus bayern benfica celtic lakers yankees redsox dodgers cowboys steelers packers broncos raiders
        """);

    /// <summary>
    /// Well-known lines: proverbs, titles, first lines, slogans, and sentences about passwords. What begins one is tried as well.
    /// </summary>
    public static readonly string[] Phrases = """
        correct horse battery staple
        correct battery horse staple
        the quick brown fox jumps over the lazy dog
        to be or not to be that is the question
        may the force be with you always
        once upon a time in a land far far away
        it was the best of times it was the worst of times
        call me ishmael some years ago
        in the beginning god created the heaven and the earth
        the lord is my shepherd i shall not want
        our father who art in heaven hallowed be thy name
        jesus is my lord and savior
        god is good all the time
        in god we trust united we stand
        we the people of the united states
        four score and seven years ago our fathers
        i have a dream that one day
        ask not what your country can do for you
        one small step for man one giant leap for mankind
        all men are created equal
        houston we have a problem
        open the pod bay doors hal
        all your base are belong to us
        never gonna give you up never gonna let you down
        you shall not pass gandalf
        one ring to rule them all one ring to find them
        not all those who wander are lost
        winter is coming soon
        valar morghulis valar dohaeris
        a lannister always pays his debts
        i solemnly swear that i am up to no good
        expecto patronum harry potter
        luke i am your father
        these are not the droids you are looking for
        live long and prosper spock
        to infinity and beyond buzz
        beam me up scotty now
        resistance is futile you will be assimilated
        i will be back hasta la vista baby
        here is looking at you kid
        play it again sam play it again
        frankly my dear i do not give a damn
        there is no place like home
        follow the yellow brick road
        somewhere over the rainbow way up high
        life is like a box of chocolates
        say hello to my little friend
        you can not handle the truth
        show me the money jerry
        i am the king of the world
        the truth is out there
        trust no one the truth is out there
        with great power comes great responsibility
        why so serious joker
        just keep swimming just keep swimming
        hakuna matata what a wonderful phrase
        let it go let it go
        twinkle twinkle little star how i wonder what you are
        mary had a little lamb its fleece was white as snow
        humpty dumpty sat on a wall
        row row row your boat gently down the stream
        happy birthday to you happy birthday to you
        jingle bells jingle bells jingle all the way
        we wish you a merry christmas and a happy new year
        merry christmas and a happy new year
        baby shark doo doo doo
        old macdonald had a farm
        the itsy bitsy spider climbed up the waterspout
        roses are red violets are blue
        an apple a day keeps the doctor away
        a bird in the hand is worth two in the bush
        actions speak louder than words
        all that glitters is not gold
        all is fair in love and war
        better late than never
        birds of a feather flock together
        curiosity killed the cat
        do not judge a book by its cover
        early to bed and early to rise
        easy come easy go easy money
        every cloud has a silver lining
        good things come to those who wait
        home sweet home is where the heart is
        honesty is the best policy
        if at first you do not succeed try again
        keep calm and carry on
        knowledge is power france is bacon
        laughter is the best medicine
        live laugh love forever
        carpe diem seize the day
        live and let live
        love conquers all things
        money makes the world go round
        no pain no gain no fame
        practice makes perfect every time
        rome was not built in a day
        the early bird catches the worm
        the pen is mightier than the sword
        time is money time is money
        time flies when you are having fun
        two wrongs do not make a right
        when in rome do as the romans do
        where there is a will there is a way
        you only live once yolo
        what does not kill you makes you stronger
        que sera sera whatever will be will be
        cogito ergo sum i think therefore i am
        veni vidi vici julius caesar
        je ne regrette rien non
        liberte egalite fraternite
        ich liebe dich mein schatz
        te amo mi amor por siempre
        je t aime mon amour pour toujours
        ti amo per sempre amore mio
        bohemian rhapsody is this the real life
        we are the champions my friends
        we will rock you queen
        stairway to heaven led zeppelin
        smells like teen spirit nirvana
        hotel california such a lovely place
        imagine all the people living life in peace
        all you need is love
        let it be let it be let it be
        yellow submarine we all live in a
        hey jude do not make it bad
        like a rolling stone bob dylan
        i can not get no satisfaction
        born in the usa born to run
        every breath you take every move you make
        sweet child of mine guns n roses
        welcome to the jungle
        highway to hell back in black
        another brick in the wall
        dark side of the moon
        nothing else matters metallica
        enter sandman exit light
        billie jean is not my lover
        dancing queen young and sweet
        do not stop believing hold on to that feeling
        do not worry be happy
        three little birds every little thing is gonna be alright
        oops i did it again baby one more time
        call me maybe call me maybe
        shake it off shake it off
        gangnam style oppa gangnam style
        despacito quiero respirar tu cuello
        under the sea under the sea
        you will never walk alone
        glory glory man united
        hala madrid y nada mas
        visca el barca visca catalunya
        this is my password
        this is my new password
        this is my secret password
        this is not my password
        this is a good password
        this is a strong password
        this is a long password
        this is a very long password
        this is a very secure password
        this password is too long
        the password is password
        my password is password
        my password is secret
        my password is my password
        my secret password
        what is my password
        what is the password
        i forgot my password
        i forgot my password again
        i hate passwords so much
        i hate my job so much
        i do not know my password
        i can not remember my password
        please let me in now
        let me in let me in please
        open sesame open sesame
        please change this password
        change me please now
        change this password immediately
        do not forget this password
        enter password here
        enter your password here
        password must be changed
        password must be fifteen characters
        at least fifteen characters long
        fifteen characters long
        one two three four five six seven eight nine ten
        alpha bravo charlie delta echo foxtrot golf hotel
        abracadabra hocus pocus
        supercalifragilisticexpialidocious even though the sound of it
        antidisestablishmentarianism
        pneumonoultramicroscopicsilicovolcanoconiosis
        i love you so much
        i love you forever
        i love you forever and ever
        i love you to the moon and back
        i love you more than anything
        i love my family
        i love my husband and children
        i love my wife and kids
        i love my mom and dad
        i love my dog and my cat
        i love my cats and dogs
        i love my job
        i love my boyfriend
        i love my girlfriend
        i love jesus christ
        you are my sunshine my only sunshine
        love of my life forever
        best friends forever and ever
        mommy and daddy forever
        happy wife happy life
        home is where the heart is
        god bless america land that i love
        make america great again
        black lives matter
        yes we can yes we can
        live free or die
        dont tread on me
        hello world this is me
        nobody knows my password
        secret password for work
        work password for today
        welcome to my world
        welcome to the machine
        welcome to the real world
        have a nice day
        good morning vietnam
        good night and good luck
        see you later alligator
        in a while crocodile
        easy as one two three
        """.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string[] Words(string text) => [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
}
