package collect

import (
	"context"
	"slices"
	"strings"
)

// zone is a time zone that lies in one country only.
type zone struct{ name, country string }

// country tells where the host is, as far as its time zone says: nothing is
// asked of the network, and the language setting is not looked at, since it
// says what somebody reads and not where he is.
func (c Config) country(context.Context) ([]Sample, error) {
	if c.Country != nil {
		if set := c.Country(); set != "" {
			return []Sample{text("country", set)}, nil
		}
	}
	name, err := zoneName()
	if err != nil {
		return nil, readError("time zone", err)
	}
	return []Sample{text("country", countryOf(name))}, nil
}

// countryOf returns the country of a time zone's name, or "unknown" for one
// that lies in no country (UTC) or in more than one (CET, and most of the names
// that Windows uses).
func countryOf(name string) string {
	i, found := slices.BinarySearchFunc(zones[:], name, func(z zone, name string) int {
		return strings.Compare(z.name, name)
	})
	if !found {
		return unknown
	}
	return zones[i].country
}
