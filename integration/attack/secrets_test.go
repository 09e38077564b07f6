package attack

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
)

// The places where a product's secrets get into Tacit's way.
const (
	inEnvironment   = "the environment"
	inConfiguration = "the configuration"
	inDirectory     = "the name of the data directory"
	inErrorValue    = "the value of an error"
	inErrorText     = "the text of an error"
	inErrorNever    = "the text of an error, and /v1/never"
	inFrames        = "the frames of an error"
	inNever         = "/v1/never only"
	inLabelValue    = "a label's value"
	inLabelName     = "a label's name"
	inMetric        = "a metric's name"
	inValue         = "a metric's value"
	inVersion       = "a product's version"
	inProduct       = "a product's name"
	inBody          = "a body that is not JSON"
	inField         = "a field that the API does not have"
	inPath          = "a path that the API does not have"
	inQuery         = "a query"
	inHeader        = "a header"
	inStdin         = "stdin of scrub"
)

var places = []string{
	inEnvironment, inConfiguration, inDirectory, inErrorValue, inErrorText, inErrorNever, inFrames, inNever,
	inLabelValue, inLabelName, inMetric, inValue, inVersion, inProduct, inBody, inField, inPath, inQuery,
	inHeader, inStdin,
}

// secrets are what one place holds. They differ from place to place, so that a
// finding tells which way it came.
type secrets struct{ licence, customer, entitlement string }

// secretsIn returns the secrets of a place, always the same. Every group of
// their characters is long enough to be searched for by itself.
func secretsIn(place string) secrets {
	sum := sha256.Sum256([]byte("attack: " + place))
	letters := base32.StdEncoding.EncodeToString(sum[:15])
	number := func(at int, digits uint64) uint64 { // without leading zeros
		return digits + binary.BigEndian.Uint64(sum[at:])%(9*digits)
	}
	return secrets{
		licence:     strings.Join([]string{letters[:6], letters[6:12], letters[12:18], letters[18:24]}, "-"),
		customer:    fmt.Sprint(number(8, 1e8)),
		entitlement: fmt.Sprintf("ENT-%d-%d", number(16, 1e7), number(24, 1e7)),
	}
}

func (s secrets) all() []string { return []string{s.licence, s.customer, s.entitlement} }

// sentence says all of them as error texts do.
func (s secrets) sentence() string {
	return fmt.Sprintf("permission denied: licence %s of customer %s is not valid, entitlement=%s", s.licence, s.customer, s.entitlement)
}

// identifiers returns what to look for: the secrets, without their dashes, and
// each group of their characters.
func (s secrets) identifiers(place string) (ids []identifier) {
	for i, class := range []string{"licence key", "customer number", "entitlement number"} {
		text := s.all()[i]
		ids = append(ids, identifier{class: class, place: place, text: text})
		groups := strings.Split(text, "-")
		if len(groups) == 1 {
			continue
		}
		ids = append(ids, identifier{class: class, place: place, text: strings.Join(groups, "")})
		for _, g := range groups {
			if len(g) >= shortest {
				ids = append(ids, identifier{class: "part of a " + class, place: place, text: g, part: true})
			}
		}
	}
	return ids
}

func allSecrets() (ids []identifier) {
	for _, place := range places {
		ids = append(ids, secretsIn(place).identifiers(place)...)
	}
	return ids
}
