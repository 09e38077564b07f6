package demo

import "time"

// The user's searches since the update: of four on the first day one found
// something, of five on the second none did, and none of the six today.
var userSearches = [...]struct{ found, failed int }{{1, 3}, {0, 5}, {0, 6}}

// userSession is one session under the new version, so many days after the
// update. It returns when it is over.
func (f finder) userSession(at time.Time, days int) time.Time {
	f.took(at, "start")
	for range 3 {
		at = at.Add(20 * time.Second)
		f.menu(at, "open")
		f.took(at, "open")
	}
	for range userSearches[days].found {
		at = at.Add(50 * time.Second)
		f.search(at, false)
	}
	for n := range userSearches[days].failed {
		at = at.Add(70 * time.Second)
		if n == 2 {
			f.menu(at.Add(-20*time.Second), "filter")
		}
		f.search(at, true)
	}
	at = at.Add(45 * time.Second)
	f.menu(at, "help")
	return at
}

// lastSession is the user's of today: it ends a quarter of an hour before now,
// and then he calls.
func (i *Installation) lastSession() Day {
	f := finder{i, Days + 1, i.fleet.random(i.n, Days+1), &log{}}
	begin := i.fleet.now.Add(-30 * time.Minute).Truncate(time.Second)
	f.states(begin)
	f.userSession(begin, len(userSearches)-1)
	f.menu(begin.Add(12*time.Minute), "about")
	return Day{Sends: begin.Add(15 * time.Minute), Facts: i.host.facts(f.day), Records: f.log.sorted()}
}
