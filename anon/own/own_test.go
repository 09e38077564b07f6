package own

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	planted     = "quarterdeck-7"
	plantedUUID = "6f1c3a52-9b7e-4d0a-8c11-2e5f7a90b3d4"
)

// of returns identifiers of nothing but the given ones.
func of(t interface{ Helper() }, given ...found) *Identifiers {
	t.Helper()
	ids := &Identifiers{never: map[string]struct{}{}}
	ids.clear()
	for _, f := range given {
		ids.add(f)
	}
	return ids
}

func TestWritings(t *testing.T) {
	ids := of(t,
		found{class: Host, value: planted}, found{class: User, value: "zoë.ofarrell"}, found{class: Home, value: "/home/zoë.ofarrell"}, found{class: Home, value: `C:\Users\Zo Fa`},
		found{class: IP, value: "10.77.3.9"}, found{class: IP, value: "2001:db8:5::a:9"}, found{class: MAC, value: "02:1f:ee:90:7c:d3"},
		found{class: Machine, value: "0d5c1b3e9a704f62b8e4c7d2a1f09635"}, found{class: Installation, value: plantedUUID},
		found{class: Host, value: "vm"}, found{class: User, value: "root"}, found{class: Home, value: "/root"}, found{class: Host, value: "zeus"})
	ids.Never("LIC-4471-QQ", "abc")
	hx := hex.EncodeToString
	raw, _ := hex.DecodeString("6f1c3a529b7e4d0a8c112e5f7a90b3d4")
	for _, c := range []struct {
		text  string
		class Class // "" = no hit
		want  string
	}{
		{"host quarterdeck-7 is down", Host, "host <host> is down"},
		{"QUARTERDECK-7.corp", Host, "<host>.corp"},
		{"x" + hx([]byte(planted)) + "y", Host, "x<host>y"},
		{strings.ToUpper(hx([]byte(planted))), Host, "<host>"},
		{"7-kcedretrauq", Host, "<host>"},
		{"md5 8" + hx(digests([]byte(planted))[0]), Host, "md5 8<host>"},
		{hx(digests([]byte("QUARTERDECK-7"))[2]), Host, "<host>"},
		{string(digests([]byte(planted))[1]), Host, "<host>"},
		{base64.StdEncoding.EncodeToString(digests([]byte(planted))[1]), Host, "<host>="},
		{"by zo%C3%ABFarrell zo%C3%AB.ofarrell", User, "by zo%C3%ABFarrell <user>"},
		{`"zo\u00eb.ofarrell"`, User, `"<user>"`},
		{"open /home/zoë.ofarrell/x", Home, "open <path>/x"},
		{`open C:\\Users\\Zo Fa\\x and c:/users/zo fa/y`, Home, `open <path>\\x and <path>/y`},
		{"/home/zoë.ofarrell2/x /home/zo", User, "/home/<user>2/x /home/zo"},
		{"dial 10.77.3.9:80", IP, "dial <ip>:80"},
		{"dial 110.77.3.9, 10.77.3.90, 10.77.3.9.1", "", ""},
		{"::ffff:10.77.3.9", IP, "<ip>"},
		{"[::ffff:a4d:309]", IP, "[<ip>]"},
		{"[2001:DB8:5::A:9]:80", IP, "[<ip>]:80"},
		{"2001:0db8:0005:0000:0000:0000:000a:0009", IP, "<ip>"},
		{"2001:db8:5::a:99", "", ""},
		{"02-1F-EE-90-7C-D3 021fee907cd3 021f.ee90.7cd3", MAC, "<mac> <mac> <mac>"},
		{"0D5C1B3E-9A70-4F62-B8E4-C7D2A1F09635", Machine, "<id>"},
		{"6F1C3A529B7E4D0A8C112E5F7A90B3D4", Installation, "<id>"},
		{"cbor\x50" + string(raw), Installation, "cbor\x50<id>"},
		{"key lic-4471-qq!", Never, "key <secret>!"},
		{"abcd abc", Never, "abcd <secret>"},
		{"kvm vm-1 a_vm", "", ""},
		{"host=vm", Host, "host=<host>"},
		{"root@vm:~", User, "<user>@<host>:~"},
		{`{"host.name": "vm"}`, Host, `{"host.name": "<host>"}`},
		{`\\vm\share`, Host, `\\<host>\share`},
		{"user root, logname=root (root)", User, "user <user>, logname=<user> (root)"},
		{"the root of the tree, square root", "", ""},
		{"/srv/users/root uid=0(root)", User, "/srv/users/<user> uid=0(<user>)"},
		{"open /root/.cache: no /rooted", Home, "open <path>/.cache: no /rooted"},
		{"user=<user> at <host>", "", ""},
		{`\\?\C:\Users\ZOFA~1\x`, Home, `\\?\<path>1\x`},
		{"file:///c:/Users/Zo%20Fa/x", Home, "file:///<path>/x"},
		{"6f1c 3a52 9b7e 4d0a 8c11 2e5f 7a90 b3d4", Installation, "<id>"},
		{"523a1c6f-7e9b-0a4d-8c11-2e5f7a90b3d4", Installation, "<id>"}, // as Windows has its bytes
		{"zofarrell ZOE.OFARRELL zoe\u0308.ofarrell", User, "zofarrell <user> <user>"},
		{"user=cm9vdA== host=766d.x", User, "user=<user>== host=766d.x"},
		{"cm9vdA== 726f6f74", "", ""},
		{"ver 10.77.777, 1.10.77.3.9", "", ""},
		{"face:2001:db8:5::a:9, 2001:db8:5::a:9:0:1", "", ""},
		{"zeus: down", Host, "<host>: down"},
		{"zeusly, prezeus", "", ""},
		{"\x82\x64zeus\x61a", Host, ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			hit, ok := ids.Scan([]byte(c.text))
			if hit.Class != c.class || ok != (c.class != "") {
				t.Errorf("Scan = %q, %v, want %q", hit.Class, ok, c.class)
			}
			want := c.want
			if c.class == "" {
				want = c.text
			}
			if got := ids.Replace(c.text); want != "" && got != want {
				t.Errorf("Replace = %q, want %q", got, want)
			}
		})
	}
}

// A host called vm stands as a word in many texts: Replace takes it out, and
// Scan does not block a page for it.
func TestCommonHost(t *testing.T) {
	ids := of(t, found{class: Host, value: "vm"}, found{class: Host, value: "ubuntu-server"})
	const text = "runs in a vm, an ubuntu-server"
	if hit, ok := ids.Scan([]byte(text)); ok {
		t.Errorf("Scan hits %q", hit.Class)
	}
	if got, want := ids.Replace(text), "runs in a <host>, an <host>"; got != want {
		t.Errorf("Replace = %q, want %q", got, want)
	}
}

// TestLabelsStay: a value that labels hold replaces nothing of them, or each turn
// would make another label to replace.
func TestLabelsStay(t *testing.T) {
	ids := of(t)
	ids.Never("ecret>", "<secret", "><path", "secret>")
	for text, want := range map[string]string{
		"<secret> <user><path>": "<secret> <user><path>", "a secret> b": "a <secret> b", "<<secret": "<<secret>", "ecret>>": "<secret>>",
	} {
		if got := ids.Replace(text); got != want {
			t.Errorf("Replace(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestCommonIsAsked(t *testing.T) {
	ids := &Identifiers{common: func(w string) bool { return w == "lighthouse" }}
	if !ids.weak("Lighthouse-2") || ids.weak("lighthouses") || !ids.weak("short") || !ids.weak("1234567") || ids.weak("12345678") {
		t.Error("weak does not follow Config.Common, length and numbers")
	}
}

func TestGather(t *testing.T) {
	root := fstest.MapFS{
		"etc/passwd": {Data: []byte("root:x:0:0:root:/root:/bin/sh\nbroken\nnobody:x:65534:65534::/nonexistent:/bin/false\n" +
			"planted9:x:1000:1000:Quentin Zwick,,,:/srv/people/planted9:/bin/sh\ndaemonq:x:105:1::/var/daemonq:/bin/sh\n")},
		"etc/machine-id":  {Data: []byte("0d5c1b3e9a704f62b8e4c7d2a1f09635\n")},
		"etc/resolv.conf": {Data: []byte("nameserver 10.0.0.1\nsearch zwick-works.example.\n")},
	}
	ids, err := Gather(t.Context(), Config{Root: root, Installation: []string{plantedUUID}})
	if err != nil {
		t.Fatal(err)
	}
	for text, class := range map[string]Class{
		"planted9": User, "quentin zwick": User, "/srv/people/planted9": Home, "zwick-works.example": Host,
		"0d5c1b3e9a704f62b8e4c7d2a1f09635": Machine, plantedUUID: Installation,
	} {
		if hit, _ := ids.Scan([]byte(text)); hit.Class != class {
			t.Errorf("Scan(%q) = %q, want %q", text, hit.Class, class)
		}
	}
	if hit, ok := ids.Scan([]byte("daemonq in /var/daemonq, 127.0.0.1, ::1, nobody")); ok {
		t.Errorf("a service's account or loopback is a hit: %q", hit.Class)
	}
	thisHost(t, ids)
}

// thisHost compares with what the standard library says of this host.
func thisHost(t *testing.T, ids *Identifiers) {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got := ids.Replace("hostname=" + name); strings.Contains(got, name) && name != "localhost" {
		t.Error("this host's name stays")
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip := a.(*net.IPNet).IP
		if _, ok := ids.Scan([]byte(ip.String())); ok == ip.IsLoopback() {
			t.Error("an interface's address is not found, or loopback is")
		}
	}
}

// A source that cannot be read is said, and the others are still asked.
func TestGatherBroken(t *testing.T) {
	root := fstest.MapFS{"etc/passwd/x": {}, "etc/machine-id": {Data: []byte("0d5c1b3e9a704f62b8e4c7d2a1f09635")}}
	ids, err := Gather(t.Context(), Config{Root: root})
	if err == nil || !strings.Contains(err.Error(), "read accounts") {
		t.Errorf("error: %v", err)
	}
	if _, ok := ids.Scan([]byte("0d5c1b3e9a704f62b8e4c7d2a1f09635")); !ok {
		t.Error("the machine ID is not found")
	}
}

func TestNeverBounds(t *testing.T) {
	ids := of(t)
	if n := ids.Never("ab", strings.Repeat("x", MaxNeverLen+1), " padded-value ", "padded-value"); n != 2 {
		t.Errorf("took %d of four, want 2: the same value twice", n)
	}
	if got := ids.Replace("a padded-value"); got != "a <secret>" {
		t.Errorf("Replace = %q", got)
	}
	var values []string
	for i := range MaxNever + 5 {
		values = append(values, fmt.Sprintf("value-%05d", i))
	}
	if n := ids.Never(values...); n != MaxNever-1 {
		t.Errorf("took %d, want %d", n, MaxNever-1)
	}
	if _, ok := ids.Scan([]byte("... VALUE-09997 ...")); !ok {
		t.Error("one of many is not found")
	}
	long := of(t)
	for i := range MaxNeverBytes/MaxNeverLen + 1 {
		if want := min(1, MaxNeverBytes/MaxNeverLen-i); long.Never(fmt.Sprintf("%04d", i)+strings.Repeat("z", MaxNeverLen-4)) != want {
			t.Fatalf("long value %d: not %d taken", i, want)
		}
	}
}

// Refresh keeps what was, and after very many changes keeps what is and what a
// product handed over.
func TestRefreshForgetsLate(t *testing.T) {
	root := fstest.MapFS{"etc/machine-id": {Data: []byte("1d5c1b3e9a704f62b8e4c7d2a1f09635")}}
	ids, err := Gather(t.Context(), Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	ids.Never("handed-over")
	root["etc/machine-id"].Data = []byte("2d5c1b3e9a704f62b8e4c7d2a1f09635")
	scan := func() (n int) {
		for _, s := range []string{"1d5c1b3e9a704f62b8e4c7d2a1f09635", "2d5c1b3e9a704f62b8e4c7d2a1f09635", "handed-over"} {
			if _, ok := ids.Scan([]byte(s)); ok {
				n++
			}
		}
		return n
	}
	if err := ids.Refresh(t.Context()); err != nil || scan() != 3 {
		t.Fatalf("after a change %d of 3 are found, %v", scan(), err)
	}
	for i := range maxHost {
		ids.host[found{class: Host, value: fmt.Sprint(i)}] = struct{}{}
	}
	if err := ids.Refresh(t.Context()); err != nil || scan() != 2 {
		t.Fatalf("after many changes %d of 2 are found, %v", scan(), err)
	}
}

// TestRenamed: after a reset the new ID is looked for as the old one still is, and
// what a product handed over stays.
func TestRenamed(t *testing.T) {
	ids, err := Gather(t.Context(), Config{Root: fstest.MapFS{}, Installation: []string{plantedUUID}})
	if err != nil {
		t.Log(err) // there is nothing to read
	}
	ids.Never("handed-over")
	const fresh = "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9"
	raw, _ := hex.DecodeString(strings.ReplaceAll(fresh, "-", ""))
	ids.Renamed(fresh, "0123-4567-89AB")
	check := func(when string) {
		t.Helper()
		for _, s := range []string{plantedUUID, fresh, string(raw), "0123-4567-89ab", "handed-over"} {
			if _, ok := ids.Scan([]byte("... " + s + " ...")); !ok {
				t.Errorf("%s: %q is not found", when, s)
			}
		}
	}
	check("renamed")
	for i := range maxHost {
		ids.host[found{class: Host, value: fmt.Sprint(i)}] = struct{}{}
	}
	_ = ids.Refresh(t.Context()) // as above
	check("after many changes")
	for i := range 2 * maxRenamed {
		ids.Renamed(fmt.Sprintf("renamed-%04d", i))
	}
	if len(ids.renamed) != maxRenamed {
		t.Errorf("%d IDs are remembered", len(ids.renamed))
	}
}

func TestNotShown(t *testing.T) {
	ids := of(t, found{class: Host, value: planted})
	ids.Never(planted)
	var b strings.Builder
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", slog.Any("ids", ids))
	j, err := json.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{b.String(), string(j), fmt.Sprintf("%v %+v %#v %s", ids, ids, ids, ids)} {
		if strings.Contains(s, planted) || !strings.Contains(s, redacted) {
			t.Errorf("shown: %s", s)
		}
	}
}
