//go:build ignore

// Gen_zones writes zones.go: which country a time zone lies in. It reads the
// IANA time zone database as Debian installs it (package tzdata) and, for the
// names that Windows uses, the Unicode CLDR (package unicode-cldr-core).
//
// A name has a country when zone.tab lists it, or when it is a link to a zone
// that zone1970.tab gives to one country only. What is left out is unknown:
// UTC, CET, and names that several countries may use.
package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	zoneinfo := flag.String("zoneinfo", "", "directory of the time zone database")
	cldr := flag.String("cldr", "", "directory of the Unicode CLDR")
	out := flag.String("out", "zones.go", "file to write")
	flag.Parse()
	if err := run(*zoneinfo, *cldr, *out); err != nil {
		log.Fatalf("gen_zones: %v", err)
	}
}

func run(zoneinfo, cldr, out string) error {
	db, err := readDatabase(zoneinfo)
	if err != nil {
		return err
	}
	countries := db.countries()
	windows, err := readWindows(filepath.Join(cldr, "common", "supplemental", "windowsZones.xml"))
	if err != nil {
		return err
	}
	for name, country := range windows.countries() {
		countries[name] = country
	}
	source, err := render(countries, db.version, windows.Zones.TypeVersion)
	if err != nil {
		return err
	}
	return os.WriteFile(out, source, 0o644)
}

// database is what the files of tzdata say.
type database struct {
	version  string
	exact    map[string][]string // zone.tab
	since70  map[string][]string // zone1970.tab
	linkedTo map[string]string   // link to target
}

func readDatabase(dir string) (*database, error) {
	db := &database{linkedTo: make(map[string]string)}
	var err error
	if db.exact, err = readTable(filepath.Join(dir, "zone.tab")); err != nil {
		return nil, err
	}
	if db.since70, err = readTable(filepath.Join(dir, "zone1970.tab")); err != nil {
		return nil, err
	}
	source, err := os.ReadFile(filepath.Join(dir, "tzdata.zi"))
	if err != nil {
		return nil, err
	}
	// Other builds make the old abbreviations (EET, HST) links to one
	// country's zone.
	if !strings.Contains(string(source), "# ddeps backzone zone.tab\n") {
		return nil, fmt.Errorf("%s: want a tzdata that is built with PACKRATDATA=backzone PACKRATLIST=zone.tab, as Debian builds it", dir)
	}
	for line := range strings.Lines(string(source)) {
		f := strings.Fields(line)
		switch {
		case len(f) == 3 && f[0] == "#" && f[1] == "version":
			db.version = f[2]
		case len(f) == 3 && f[0] == "L":
			db.linkedTo[f[2]] = f[1]
		}
	}
	return db, nil
}

// readTable reads lines "CC[,CC]<tab>coordinates<tab>zone[<tab>comment]".
func readTable(path string) (map[string][]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	table := make(map[string][]string)
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(f) < 3 {
			continue
		}
		table[f[2]] = append(table[f[2]], strings.Split(f[0], ",")...)
	}
	return table, nil
}

// countries returns the names that lie in exactly one country.
func (db *database) countries() map[string]string {
	names := make(map[string]bool)
	for name := range db.exact {
		names[name] = true
	}
	for name := range db.since70 {
		names[name] = true
	}
	for name := range db.linkedTo {
		names[name] = true
	}
	out := make(map[string]string)
	for name := range names {
		if left := db.leave(name); len(left) == 1 {
			out[name] = left[0]
		}
	}
	return out
}

// leave returns the countries that the tables leave for a name. zone.tab is
// made so that people find their own country's zone, and has one country for
// each name. A name that it does not list is a link that may have come from
// another country than its target's (Iceland is a link to Abidjan): it stands
// for all that zone1970.tab has for the target.
func (db *database) leave(name string) []string {
	if exact := db.exact[name]; exact != nil {
		return exact
	}
	if target, ok := db.linkedTo[name]; ok {
		name = target
	}
	return db.since70[name]
}

// windowsZones is the part of CLDR's supplemental/windowsZones.xml that counts.
type windowsZones struct {
	Zones struct {
		TypeVersion string `xml:"typeVersion,attr"`
		Maps        []struct {
			Windows   string `xml:"other,attr"`
			Territory string `xml:"territory,attr"`
			IANA      string `xml:"type,attr"`
		} `xml:"mapZone"`
	} `xml:"windowsZones>mapTimezones"`
}

func readWindows(path string) (*windowsZones, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var w windowsZones
	if err := xml.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &w, nil
}

// countries returns the Windows names that one territory only uses. Names of
// mere offsets ("UTC-02") say nothing, whoever uses them.
func (w *windowsZones) countries() map[string]string {
	users := make(map[string]map[string]bool)
	offset := make(map[string]bool)
	for _, m := range w.Zones.Maps {
		switch m.Territory {
		case "ZZ": // no territory
		case "001": // the world: the name's main zone
			offset[m.Windows] = strings.HasPrefix(m.IANA, "Etc/")
		default:
			if users[m.Windows] == nil {
				users[m.Windows] = make(map[string]bool)
			}
			users[m.Windows][m.Territory] = true
		}
	}
	out := make(map[string]string)
	for name, territories := range users {
		if len(territories) == 1 && !offset[name] {
			out[name] = slices.Collect(maps.Keys(territories))[0]
		}
	}
	return out
}

func render(countries map[string]string, tzdata, cldr string) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by gen_zones.go from tzdata %s and CLDR windowsZones (of tzdata %s). DO NOT EDIT.\n\n", tzdata, cldr)
	b.WriteString("package collect\n\n// zones are sorted by name.\n")
	fmt.Fprintf(&b, "var zones = [...]zone{\n")
	for _, name := range slices.Sorted(maps.Keys(countries)) {
		fmt.Fprintf(&b, "{%q, %q},\n", name, countries[name])
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}
