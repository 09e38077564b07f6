package linkage

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"time"
)

// thing is a page or a fragment's row as the attacker sees it.
type thing struct {
	who    int     // the installation: known for half of them
	sent   float64 // hours since the beginning: for the choice of pairs, and the control
	places map[string]float64
	days   map[string]float64 // as far as an order tells
	hours  map[string]float64 // of that day, 0 to 1
	month  int                // that it lies in
	shown  float64            // the day as far as the row shows it; NaN: it does not
	spot   *spot
}

// numbers notes how key and value begin and end, in case they are not as random
// as they should be.
func (s *spot) numbers(places map[string]float64, whose string) {
	for name, b := range map[string][]byte{"key's begin": s.key[1:], "key's end": s.key[len(s.key)-8:], "value's begin": s.begin, "value's end": s.end} {
		if len(b) >= 8 {
			places[whose+name] = float64(binary.BigEndian.Uint64(b))
		}
	}
}

func (x *thing) day() int { return int(x.sent / 24) }

// known returns what somebody would see who knew in which order the rows came
// in, and on which days.
func known(things []*thing, first float64) (out []*thing) {
	for _, x := range things {
		k := *x
		k.places, k.days, k.hours = map[string]float64{"order of arrival": x.sent}, map[string]float64{}, map[string]float64{}
		k.shown = first + float64(x.day())
		out = append(out, &k)
	}
	rank(out, first)
	return out
}

// earliest and latest are the days that the attacker believes.
const earliest, latest = 20000, 30000

// dayShown returns the day that stands in the key of a page's row, if any does.
func dayShown(s *spot) float64 {
	for at := 1; at+4 <= len(s.key); at++ {
		if d := binary.BigEndian.Uint32(s.key[at:]); earliest < d && d < latest {
			return float64(d)
		}
	}
	return math.NaN()
}

// things gathers what the disk tells of the rows of one table, with what it
// tells of the rows of another that have the same batch ID.
func (d *stolen) things(sent []*sending, own, beside byte) (out []*thing) {
	rows, others := d.of(own), d.of(beside)
	for _, s := range sent {
		row := rows[s.batch]
		if row == nil {
			continue
		}
		x := &thing{who: s.from.number, sent: s.at, places: map[string]float64{"length": float64(row.length)}, days: map[string]float64{}, hours: map[string]float64{}, shown: math.NaN(), spot: row}
		if own == 'p' {
			x.shown = dayShown(row)
		}
		for name, at := range row.traits {
			x.places[name] = at
		}
		if other := others[s.batch]; other != nil && beside != own {
			for name, at := range other.traits {
				x.places["its batch's "+name] = at
			}
			x.places["its batch's length"] = float64(other.length)
			other.numbers(x.places, "its batch's ")
		}
		row.numbers(x.places, "")
		x.month = int(row.half[5]-'0')*10 + int(row.half[6]-'0')
		x.places["month"] = float64(x.month)
		out = append(out, x)
	}
	return out
}

// daysByVersion guesses the days of fragments: the sums of a day change last
// when its fragments come.
func (d *stolen) daysByVersion(fragments []*thing) {
	last := map[uint32]float64{}
	for _, s := range d.rows {
		if s.key[0] == 'm' || s.key[0] == 'i' {
			day := binary.BigEndian.Uint32(s.key[1:])
			last[day] = max(last[day], s.traits["version"])
		}
	}
	days := make([]uint32, 0, len(last))
	for day := range last {
		days = append(days, day)
	}
	slices.Sort(days)
	for _, f := range fragments {
		for _, day := range days {
			if last[day] >= f.places["version"] {
				f.shown = float64(day)
				break
			}
		}
	}
}

// rank replaces every number by its rank, 0 to 1. For what may be an order of
// arrival it guesses days and hours besides: the attacker knows how many come on
// each day, and counts back from the last one.
func rank(things []*thing, first float64) {
	names, perDay := map[string]bool{}, map[int]int{}
	last := 0
	for _, x := range things {
		perDay[x.day()]++
		last = max(last, x.day())
		for name := range x.places {
			names[name] = true
		}
	}
	for name := range names {
		has := slices.DeleteFunc(slices.Clone(things), func(x *thing) bool { _, ok := x.places[name]; return !ok })
		slices.SortStableFunc(has, func(a, b *thing) int { // each month counts anew
			return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.places[name], b.places[name]))
		})
		ranks, distinct := make(map[*thing]float64, len(has)), spread(has, name)
		for i, x := range has {
			ranks[x] = distinct[i] / float64(len(has))
		}
		if distinct[0] < float64(len(has))/10 { // not a few heaps, and not one
			guessDays(has, name, distinct, first, last, perDay)
		}
		tells := name == "month" || varies(has, name)
		for x, at := range ranks {
			x.places[name] = at
			if !tells { // it is the same for all of a month
				delete(x.places, name)
			}
		}
	}
}

// varies says whether the number differs between things of one month.
func varies(sorted []*thing, name string) bool {
	for i := 1; i < len(sorted); i++ {
		if sorted[i].month == sorted[i-1].month && sorted[i].places[name] != sorted[i-1].places[name] {
			return true
		}
	}
	return false
}

// guessDays counts the sorted things back from the last one, day by day.
func guessDays(has []*thing, name string, ranks []float64, first float64, last int, perDay map[int]int) {
	end := float64(len(has))
	for i, day := len(has)-1, last; i >= 0 && day >= 0; day-- {
		n := float64(perDay[day])
		for ; i >= 0 && ranks[i] >= end-n; i-- {
			has[i].days[name] = first + float64(day)
			has[i].hours[name] = (ranks[i] - (end - n)) / n
		}
		end -= n
	}
}

// spread returns the rank of each of the sorted things, the same one where the
// number is the same.
func spread(sorted []*thing, name string) []float64 {
	out := make([]float64, len(sorted))
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j].month == sorted[i].month && sorted[j].places[name] == sorted[i].places[name] {
			j++
		}
		for k := i; k < j; k++ {
			out[k] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

// compare returns the features of a pair.
func compare(a, b *thing, names []string) []float64 {
	out := make([]float64, 0, 4*len(names)+4)
	for _, name := range names {
		out = append(out, difference(a.places, b.places, name), around(difference(a.hours, b.hours, name)))
		x, ok := a.days[name]
		y, ok2 := b.days[name]
		if !ok || !ok2 {
			x, y = math.NaN(), math.NaN()
		}
		out = append(out, math.Abs(x-y), rest(x)+rest(y))
	}
	days := math.Abs(a.shown - b.shown)
	out = append(out, days, math.Mod(days, 7), rest(a.shown)+rest(b.shown))
	differ := 0
	for i := range min(len(a.spot.begin), len(b.spot.begin)) {
		differ += bits.OnesCount8(a.spot.begin[i] ^ b.spot.begin[i])
	}
	return append(out, float64(differ))
}

// features names what compare returns.
func features(names []string) (out []string) {
	for _, name := range names {
		out = append(out, name, "hour by "+name, "days apart by "+name, "both at a weekend by "+name)
	}
	return append(out, "days apart", "weekdays apart", "both at a weekend", "bits of the values")
}

func difference(a, b map[string]float64, name string) float64 {
	x, ok := a[name]
	y, ok2 := b[name]
	if !ok || !ok2 {
		return math.NaN()
	}
	return math.Abs(x - y)
}

// around is the way on a clock.
func around(x float64) float64 { return min(x, 1-x) }

// rest says whether a day is one of a weekend.
func rest(day float64) float64 {
	if math.IsNaN(day) {
		return math.NaN()
	}
	switch time.Unix(int64(day)*86400, 0).UTC().Weekday() {
	case time.Saturday, time.Sunday:
		return 1
	}
	return 0
}

// drawer draws pairs of a thing on the left and one on the right.
type drawer struct {
	random      *rand.Rand
	left, right []*thing
	byWho       map[int][]*thing
	byDay       map[int][]*thing
	names       []string
	matched     bool // the other pairs are of the same two days as the linked ones
}

func newDrawer(random *rand.Rand, left, right []*thing, matched bool) *drawer {
	d := &drawer{random: random, left: left, right: right, byWho: map[int][]*thing{}, byDay: map[int][]*thing{}, matched: matched}
	known := map[string]int{}
	for i, side := range [][]*thing{left, right} {
		for _, x := range side {
			for name := range x.places {
				known[name] |= 1 << i
			}
		}
	}
	for name, sides := range known {
		if sides == 3 {
			d.names = append(d.names, name)
		}
	}
	slices.Sort(d.names)
	for _, x := range right {
		d.byWho[x.who] = append(d.byWho[x.who], x)
		d.byDay[x.day()] = append(d.byDay[x.day()], x)
	}
	return d
}

// draw draws n linked pairs and n others of the installations that belong.
func (d *drawer) draw(n int, belongs func(who int) bool) sample {
	s := sample{names: features(d.names)}
	pick := func(from []*thing, ok func(*thing) bool) *thing {
		for range 1000 {
			if x := from[d.random.IntN(len(from))]; ok(x) {
				return x
			}
		}
		return nil
	}
	for len(s.linked) < n {
		a := pick(d.left, func(x *thing) bool { return belongs(x.who) && len(d.byWho[x.who]) > 1 })
		b := pick(d.byWho[a.who], func(x *thing) bool { return x != a })
		from := d.right
		if d.matched {
			from = d.byDay[b.day()]
		}
		c := pick(from, func(x *thing) bool { return belongs(x.who) && x.who != a.who })
		if !d.matched { // two that have nothing to do with the linked ones
			a2 := pick(d.left, func(x *thing) bool { return belongs(x.who) && x.who != c.who })
			s.linked, s.other = append(s.linked, compare(a, b, d.names)), append(s.other, compare(a2, c, d.names))
			continue
		}
		if c != nil {
			s.linked, s.other = append(s.linked, compare(a, b, d.names)), append(s.other, compare(a, c, d.names))
		}
	}
	return s
}

// try learns from half of the installations and is asked about the others.
func (d *drawer) try(n int) verdict {
	return attack(d.draw(n, func(who int) bool { return who%2 == 0 }), d.draw(n, func(who int) bool { return who%2 == 1 }))
}
