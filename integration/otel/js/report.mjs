// Finder is a product with the official OpenTelemetry SDK of JavaScript, set up as
// its documentation says and told nothing but where to send. It says more than
// anybody should know: what begins with SECRET must not get anywhere.
import { diag, DiagConsoleLogger, DiagLogLevel, metrics, SpanStatusCode, trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { NodeSDK, resources } from '@opentelemetry/sdk-node';

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const sdk = new NodeSDK({
  resource: resources.resourceFromAttributes({
    'service.name': 'finder', 'service.version': '2.0.1', 'host.name': 'SECRET-HOST-JS', 'enduser.id': 'SECRET-USER-JS',
  }),
});
sdk.start();

// One span that is registered and one that is not, and an exception.
const tracer = trace.getTracer('finder');
const span = tracer.startSpan('finder.operation', { attributes: { operation: 'search', 'url.full': 'https://SECRET-URL-JS/' } });
tracer.startSpan('SECRET-SPAN-JS').end();
span.recordException(new TypeError('SECRET-MESSAGE-JS'));
span.setStatus({ code: SpanStatusCode.ERROR, message: 'SECRET-STATUS-JS' });
span.end();

// A counter and a gauge that are registered, and one counter that is not.
const meter = metrics.getMeter('finder');
meter.createCounter('finder.menu.used', { unit: '{use}' }).add(3, { menu: 'open', who: 'SECRET-CALLER-JS' });
meter.createGauge('finder.search.results', { unit: '{result}' }).record(42);
meter.createCounter('SECRET-COUNTER-JS').add(1);

// An event, an exception, and a line of which nothing is registered.
const logger = logs.getLogger('finder');
logger.emit({ eventName: 'finder.button', attributes: { button: 'search' }, body: 'SECRET-BODY-JS' });
logger.emit({ attributes: { 'exception.type': 'RangeError', 'exception.message': 'SECRET-TEXT-JS' } });
logger.emit({ eventName: 'SECRET-EVENT-JS', body: 'SECRET-LINE-JS' });

await sdk.shutdown();
