<?php

namespace App\Http;

use Illuminate\Cookie\Middleware as Cookie;
use Illuminate\Foundation\Http\Kernel as BaseKernel;
use Illuminate\Foundation\Http\Middleware as Foundation;
use Illuminate\Routing\Middleware as Routing;

class Kernel extends BaseKernel
{
    protected $middleware = [
        Foundation\PreventRequestsDuringMaintenance::class,
        Foundation\ValidatePostSize::class,
        Foundation\TrimStrings::class,
    ];

    protected $middlewareGroups = [
        'web' => [
            Cookie\EncryptCookies::class,
            Cookie\AddQueuedCookiesToResponse::class,
            \Illuminate\Session\Middleware\StartSession::class,
            \Illuminate\View\Middleware\ShareErrorsFromSession::class,
            Foundation\VerifyCsrfToken::class,
            Routing\SubstituteBindings::class,
        ],
    ];

    protected $middlewareAliases = [
        'signed' => Routing\ValidateSignature::class,
        'throttle' => Routing\ThrottleRequests::class,
    ];
}
