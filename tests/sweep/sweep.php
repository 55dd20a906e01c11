<?php
// Calls one subject of the sweep with values drawn from values.php. The values depend only on the seed,
// the subject and the number of the call, so that each call can be repeated.
//
//   ?list=1                                all subjects, one a line
//   ?subject=S&seed=N&from=A&to=B          makes the calls A to B-1
//   ?subject=S&seed=N&from=A&to=B&show=1   prints them as PHP that can be run separately
//
// A subject is "function", "Class::method", "new Class", or "all of Class": several methods of one
// object.

chdir(__DIR__ . '/scratch');

function subjects(): array
{
    $found = get_defined_functions()['internal'];
    foreach (get_declared_classes() as $name) {
        $class = new ReflectionClass($name);
        if (!$class->isInternal()) continue;
        if (!$class->isAbstract() && !$class->isEnum()) array_push($found, "new $name", "all of $name");
        foreach ($class->getMethods(ReflectionMethod::IS_PUBLIC) as $method) {
            // Only the declaring class counts; an abstract method cannot be called.
            if ($method->isConstructor() || $method->isAbstract()) continue;
            if ($method->class === $name) $found[] = "$name::{$method->name}";
        }
    }
    return $found;
}

final class Draw
{
    private Random\Randomizer $random;
    private array $values;
    private array $objects;

    function __construct(string $seed)
    {
        $this->random = new Random\Randomizer(new Random\Engine\Xoshiro256StarStar(
            hash('sha256', $seed, true)));
        $this->values = require __DIR__ . '/values.php';
        $this->objects = require __DIR__ . '/objects.php';
    }

    private function one(array $list): mixed
    {
        return $list[$this->random->getInt(0, count($list) - 1)];
    }

    private function chance(int $percent): bool
    {
        return $this->random->getInt(1, 100) <= $percent;
    }

    function object(string $class): string
    {
        foreach ([$class, ...array_values(class_parents($class) ?: [])] as $name) {
            if ($name === $class && isset($this->objects[$name])) return $this->objects[$name];
        }
        $reflection = new ReflectionClass($class);
        if ($reflection->isAbstract() || $reflection->isInterface()) {
            foreach ($this->objects as $name => $text) {
                if (is_a($name, $class, true)) return $text;
            }
        }
        $constructor = $reflection->getConstructor();
        if ($reflection->isInstantiable() && !$constructor?->getNumberOfRequiredParameters()) {
            return "new \\$class";
        }
        return "(new ReflectionClass('" . addslashes($class) . "'))->newInstanceWithoutConstructor()";
    }

    function value(?ReflectionType $type): string
    {
        $kinds = array_keys($this->values);
        if ($type === null || $this->chance(15)) return $this->of($this->one($kinds));
        $names = $type instanceof ReflectionNamedType ? [$type] : $type->getTypes();
        $chosen = $this->one($names);
        $name = $chosen instanceof ReflectionNamedType ? $chosen->getName() : 'mixed';
        if ($name === 'iterable') $name = $this->one(['array', 'object']);
        if ($name === 'mixed' || $name === 'resource') $name = $this->one($kinds);
        if ($name === 'true' || $name === 'false') return $name;
        if (isset($this->values[$name])) return $this->of($name);
        if ($name === 'self' || $name === 'static') return 'new stdClass';
        return class_exists($name) || interface_exists($name) ? $this->object($name) : 'null';
    }

    private function of(string $kind): string
    {
        return str_replace('STREAM', "fopen('php://memory', 'r+')", $this->one($this->values[$kind]));
    }

    // The call of a subject, as PHP.
    function call(string $subject): string
    {
        if (str_starts_with($subject, 'all of ')) return $this->sequence(substr($subject, 7));
        $before = '';
        if (str_starts_with($subject, 'new ')) {
            $class = new ReflectionClass(substr($subject, 4));
            $function = $class->getConstructor();
            $call = "new \\{$class->name}";
        } elseif (str_contains($subject, '::')) {
            [$class, $name] = explode('::', $subject);
            $function = new ReflectionMethod($class, $name);
            if ($function->isStatic()) {
                $call = "\\$class::$name";
            } else {
                $text = $this->chance(12) && !(new ReflectionClass($class))->isAbstract()
                    ? "(new ReflectionClass('" . addslashes($class) . "'))->newInstanceWithoutConstructor()"
                    : $this->object($class);
                $before = "\$object = $text;\n";
                $call = "\$object->$name";
            }
        } else {
            $function = new ReflectionFunction($subject);
            $call = "\\$subject";
        }
        [$values, $arguments] = $this->arguments($function);
        return "$before$values\$result = $call($arguments);";
    }

    // Several methods of one object, one after the other.
    function sequence(string $class): string
    {
        $text = '$object = ' . $this->object($class) . ";\n";
        $methods = (new ReflectionClass($class))->getMethods(ReflectionMethod::IS_PUBLIC);
        $methods = array_values(array_filter($methods, fn($m) => !$m->isStatic() && !$m->isAbstract()));
        for ($i = 0; $methods && $i < 8; $i++) {
            $method = $this->one($methods);
            [$values, $arguments] = $this->arguments($method);
            $text .= "try {\n$values\$object->{$method->name}($arguments);\n} catch (Throwable) {}\n";
        }
        return $text;
    }

    // The PHP that makes the values, and their names.
    private function arguments(?ReflectionFunctionAbstract $function): array
    {
        $least = $function?->getNumberOfRequiredParameters() ?? 0;
        $most = $function?->getNumberOfParameters() ?? 0;
        if ($function?->isVariadic()) $most += 3;
        $count = $this->chance(5) ? $this->random->getInt(0, $most + 1) : $this->random->getInt($least, $most);
        $parameters = $function?->getParameters() ?? [];
        [$values, $names] = ['', []];
        for ($i = 0; $i < $count; $i++) {
            $parameter = $parameters[min($i, count($parameters) - 1)] ?? null;
            // Parameters without a type: streams and similar values.
            $untyped = $parameter !== null && $parameter->getType() === null;
            if ($untyped && preg_match('/^(stream|context|fp|handle|from|to|dir_handle|socket|connection|result|link|ldap)$/', $parameter->name)) {
                $text = $this->of($this->chance(70) ? 'resource' : $this->one(array_keys($this->values)));
            } else {
                $text = $this->value($parameter?->getType());
            }
            $values .= "\$a$i = $text;\n";
            $names[] = "\$a$i";
        }
        return [$values, implode(', ', $names)];
    }
}

if (isset($_GET['list'])) {
    header('Content-Type: text/plain');
    exit(implode("\n", subjects()));
}

$calls = [];
for ($i = (int) $_GET['from']; $i < (int) $_GET['to']; $i++) {
    $calls[] = (new Draw("$_GET[seed] $_GET[subject] $i"))->call($_GET['subject']);
}
if (isset($_GET['show'])) {
    header('Content-Type: text/plain');
    exit(implode("\n\n", $calls));
}

// Everything from one call is released before the next.
function run(string $code): void
{
    try {
        eval($code);
        // The result is used a little, as an application would.
        if (isset($result) && $result instanceof Traversable) {
            foreach ($result as $n => $_) if (is_int($n) && $n > 20) break;
        }
    } catch (Throwable) {
    }
}

error_reporting(0);
ob_start(static fn() => '', 1 << 16);
foreach ($calls as $code) run($code);
while (ob_get_level()) ob_end_clean();
echo 'done';
