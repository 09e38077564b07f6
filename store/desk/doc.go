// Package desk is the vendor's pages: an engineer types what a user reads out, an
// installation ID or a support code, and sees what is wrong there.
//
//	/                     one field: the ID or code, with ticket and reason   everybody; the field: support
//	/open                 POST: opens a history                               support
//	/case                 what is wrong, the environment, the time line       support
//	/case/sheet           the case sheet, to be printed                       support
//	/case/sheet.md, .json the same as files                                   support
//	/insights             what all installations add up to                    analyst
//	/rights               export and erase by ID                              privacy officer
//	/rights/export.html   the file for the user                               privacy officer
//	/audit                who opened what, and why                            privacy officer
//	/accounts             accounts and roles, of package web                  administrator
//
// It promises:
//
//   - Nothing opens or lists anything without an ID or a code. What was typed is
//     posted, and stands in no address, title, log, cookie or history of a
//     browser; here it stands in the memory of an open case, which ends when it
//     is closed, after 15 minutes without use, and with its session. Nothing of
//     a case is kept.
//   - A row is in the audit log before the store is asked ([audit.Log]). Where it
//     cannot be written nothing is asked, and where the outcome cannot be,
//     nothing is shown. Nothing in it is derived from the ID. Ticket and reason
//     are required, but for a directory of one's own ([Config.Own]).
//   - What it shows of others is escaped by html/template; every page works
//     without scripts, of which there are none.
//
// Over the network the first account gives roles and has no other, and every account
// needs a second factor. On one's own machine the first account has all roles.
//
// Setup, login, second factor, roles, sessions, headers and the page frame are
// package web's.
//
// When it is full: [audit.Hourly] histories an hour and [audit.Daily] a day for each
// engineer, counted in the audit log over desk and command; two lookups run at
// once, and four that wait for what a user sends, and others are told to try again;
// open cases beyond [mostCases], or beyond
// [mostRecords] records together, end, the longest unused first. A store that
// does not answer within [patience] is named as what is missing.
package desk

import "time"

// Bounds of a desk.
const (
	mostCases   = 64
	mostRecords = 2_000_000 // of all open cases together; a single one may have more
	caseLife    = 15 * time.Minute
	patience    = 25 * time.Second // for a store; the server's answer has 30 s
	lookups     = 2                // at once
	waits       = 4
	news        = 15 * time.Second // for what a user sends; it must leave time to open it
)
