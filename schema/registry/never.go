package registry

import (
	"slices"
	"strings"
)

// neverMapped are the attributes of OpenTelemetry that name a person, a
// machine, an address, a session or a place, and those of free text, which may
// name any of these. One that ends with a dot stands for all that begin with it.
var neverMapped = []string{
	"app.installation.id", "aws.", "azure.", "browser.user_agent", "client.", "cloud.account.id",
	"cloud.resource_id", "code.file.path", "code.filepath", "container.command", "container.command_args",
	"container.command_line", "container.id", "container.label.", "container.labels.", "container.name",
	"db.connection_string", "db.instance.id", "db.name", "db.namespace", "db.operation.parameter.",
	"db.query.parameter.", "db.query.summary", "db.query.text", "db.statement", "db.user", "destination.",
	"device.id", "dns.answers", "dns.question.name", "enduser.", "error.message", "exception.message",
	"exception.stacktrace", "faas.instance", "faas.invocation_id", "file.", "gcp.", "geo.", "graphql.document",
	"heroku.", "host.hostname", "host.id", "host.image.id", "host.ip", "host.mac", "host.name",
	"http.client_ip", "http.host", "http.request.header.", "http.response.header.", "http.server_name",
	"http.target", "http.url", "http.user_agent", "k8s.", "log.file.", "log.record.original", "log.record.uid",
	"messaging.client.id", "messaging.client_id", "messaging.consumer.id", "messaging.destination.name",
	"messaging.message.", "net.host.ip", "net.host.name", "net.peer.ip", "net.peer.name", "net.sock.",
	"network.interface.name", "network.local.", "network.peer.", "openshift.", "oracle_cloud.", "os.build_id",
	"peer.", "process.args", "process.command", "process.command_args", "process.command_line",
	"process.environment_variable.", "process.executable.", "process.group_leader.", "process.owner",
	"process.parent_pid", "process.pid", "process.real_user.", "process.saved_user.", "process.session_leader.",
	"process.title", "process.user.", "process.vpid", "process.working_directory", "rpc.connect_rpc.request.metadata.",
	"rpc.connect_rpc.response.metadata.", "rpc.grpc.request.metadata.", "rpc.grpc.response.metadata.",
	"rpc.request.metadata.", "rpc.response.metadata.", "server.address", "server.socket.address",
	"server.socket.domain", "service.instance.id", "session.", "source.", "thread.id", "thread.name",
	"tls.client.", "tls.server.", "url.domain", "url.fragment", "url.full", "url.original", "url.path",
	"url.query", "url.registered_domain", "url.subdomain", "user.", "user_agent.original", "vcs.",
}

// NeverMapped says whether no label may be taken from the OpenTelemetry
// attribute of that name, in whatever letters: it tells who a person or a
// machine is, or is free text that may.
func NeverMapped(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(neverMapped, func(never string) bool {
		return name == never || strings.HasSuffix(never, ".") && strings.HasPrefix(name+".", never)
	})
}

// NeverMappedNames returns the attributes that [NeverMapped] refuses, in order.
// One that ends with a dot stands for all that begin with it.
func NeverMappedNames() []string { return slices.Clone(neverMapped) }
