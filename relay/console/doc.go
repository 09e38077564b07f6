// Package console is the customer administrator's console: the pages of a
// site's relay. The one that matters most is Appliance → Cloud services, whose
// checkbox turns the programmes off for every endpoint of the site.
//
//	/                               Overview: on, off or held, and counts
//	/cloud-services                 the decision, what it changes, who changed what when
//	/collected                      what is collected: the registry as a table
//	/sent                           what this appliance's own agent would send now
//	/agent-configuration            the one file for every host, and what to compare
//	/agent-configuration/agent.yaml that file
//
// Setup, login, account, sessions, headers, languages and the page frame are
// package web's. Every page works without scripts.
//
// It shows counts of the site and nothing of one endpoint: no address, no
// connection, no installation ID. The channel's credential stands in the
// downloaded file and on no page. What it shows of others (names of accounts,
// the agent's values, metrics of the product) is escaped by html/template.
//
// It keeps nothing itself. The decision is relay/policy's, and a save that
// would overwrite somebody else's is shown and not made. Without an agent, or
// with one that does not answer within [previewWithin], the page says so and
// how to start one; with a decision that cannot be read, Overview and Cloud
// services say at the top what holds and what to do.
package console
