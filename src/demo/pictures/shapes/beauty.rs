//! Skin, make-up and personal care.

pub(super) const SHAPES: [[&str; 3]; 3] = [[CREAM, SERUM, SUNSCREEN], [LIPSTICK, FOUNDATION, BROW_PENCIL], [SHAMPOO, TOOTHBRUSH, DRYER]];

const CREAM: &str = "<rect x='38' y='98' width='124' height='72' rx='20' fill='$a'/><rect x='38' y='98' width='124' height='30' rx='14' fill='$c' opacity='.6'/><rect x='34' y='62' width='132' height='42' rx='12' fill='$b'/>\
    <rect x='34' y='62' width='132' height='13' rx='6' fill='#fff' opacity='.3'/><rect x='66' y='124' width='68' height='30' rx='6' fill='#fff' opacity='.9'/><rect x='78' y='132' width='44' height='4' rx='2' fill='$b'/><rect x='84' y='142' width='32' height='4' rx='2' fill='$a'/>\
    <path d='M98 58 q-22 -16 2 -34 q22 18 -2 34z' fill='$c'/><path d='M106 58 q2 -24 30 -24 q0 22 -30 24z' fill='#8fcf9a'/><path d='M92 58 q-4 -20 -28 -20 q2 20 28 20z' fill='#8fcf9a'/>";

const SERUM: &str = "<rect x='62' y='84' width='76' height='94' rx='18' fill='$a' opacity='.85'/><path d='M62 124 Q82 112 100 124 T138 122 V160 a18 18 0 0 1 -18 18 H80 a18 18 0 0 1 -18 -18z' fill='$b' opacity='.7'/>\
    <rect x='84' y='64' width='32' height='22' rx='4' fill='#e6d3a8'/><rect x='88' y='20' width='24' height='46' rx='12' fill='$b'/><rect x='97' y='86' width='6' height='60' rx='3' fill='#fff' opacity='.7'/>\
    <rect x='74' y='134' width='52' height='28' rx='5' fill='#fff' opacity='.92'/><rect x='82' y='142' width='36' height='4' rx='2' fill='$b'/><rect x='88' y='151' width='24' height='4' rx='2' fill='$a'/><path d='M156 60 q-14 20 0 26 q14 -6 0 -26z' fill='$c'/><path d='M40 84 q-10 14 0 19 q10 -5 0 -19z' fill='$c'/>";

const SUNSCREEN: &str = "<circle cx='146' cy='54' r='24' fill='#ffd166'/><g stroke='#ffd166' stroke-width='6' stroke-linecap='round'><path d='M146 14 V22 M146 86 V94 M106 54 H114 M178 54 H186 M118 26 L124 32 M168 76 L174 82 M174 26 L168 32'/></g>\
    <path d='M54 36 H118 L110 150 H62z' fill='$a'/><path d='M54 36 H118 L117 48 H55z' fill='$b'/><rect x='66' y='148' width='40' height='30' rx='6' fill='$b'/><path d='M70 154 V172 M80 154 V172 M90 154 V172 M100 154 V172' stroke='#fff' stroke-width='2' opacity='.4'/>\
    <circle cx='86' cy='84' r='19' fill='#fff' opacity='.92'/><path d='M86 74 v20 M76 84 h20' stroke='$a' stroke-width='5' stroke-linecap='round'/><rect x='68' y='116' width='36' height='5' rx='2.5' fill='#fff' opacity='.8'/><rect x='72' y='127' width='28' height='5' rx='2.5' fill='#fff' opacity='.6'/>";

const LIPSTICK: &str = "<path d='M74 84 V54 L106 26 Q116 22 116 36 V84z' fill='$a'/><path d='M74 54 L106 26 Q116 22 116 36 L88 60z' fill='$c' opacity='.6'/><rect x='66' y='80' width='58' height='34' rx='4' fill='#e6c98a'/><rect x='66' y='88' width='58' height='5' fill='#c9a55c'/>\
    <rect x='58' y='112' width='74' height='66' rx='7' fill='#2b2430'/><rect x='58' y='112' width='16' height='66' rx='7' fill='#fff' opacity='.14'/><rect x='84' y='138' width='22' height='22' rx='11' fill='none' stroke='#e6c98a' stroke-width='3'/>\
    <rect x='142' y='96' width='34' height='82' rx='7' fill='#2b2430'/><rect x='142' y='160' width='34' height='8' fill='#e6c98a'/><path d='M20 160 q20 -26 42 -4 q-22 22 -42 4z' fill='$a' opacity='.55'/>";

const FOUNDATION: &str = "<rect x='48' y='76' width='78' height='102' rx='16' fill='#f0c9a6'/><rect x='48' y='76' width='78' height='102' rx='16' fill='$c' opacity='.25'/><rect x='70' y='52' width='34' height='26' rx='4' fill='#d9b37c'/><rect x='64' y='22' width='46' height='34' rx='8' fill='$b'/>\
    <rect x='60' y='106' width='54' height='46' rx='6' fill='#fff' opacity='.92'/><rect x='70' y='116' width='34' height='5' rx='2.5' fill='$b'/><rect x='74' y='128' width='26' height='4' rx='2' fill='$a'/><rect x='74' y='138' width='26' height='4' rx='2' fill='$a' opacity='.6'/>\
    <ellipse cx='152' cy='160' rx='30' ry='18' fill='$a'/><ellipse cx='152' cy='154' rx='30' ry='18' fill='#f7dcc3'/><path d='M150 130 q-12 -34 8 -62' stroke='#8a5a3b' stroke-width='7' fill='none' stroke-linecap='round'/><path d='M146 138 q-8 -18 4 -24 q12 8 4 24z' fill='#5b3a28'/>";

const BROW_PENCIL: &str = "<path d='M18 74 Q58 26 118 46 Q82 48 24 82z' fill='#5b4334'/><path d='M28 118 Q70 82 118 104 Q76 142 28 118z' fill='#fff'/><circle cx='74' cy='112' r='15' fill='$a'/><circle cx='74' cy='112' r='7' fill='#1c2230'/><circle cx='70' cy='108' r='3' fill='#fff'/>\
    <path d='M28 118 Q70 82 118 104' stroke='#3c2c22' stroke-width='5' fill='none' stroke-linecap='round'/><g transform='rotate(38 140 120)'><rect x='130' y='52' width='20' height='104' rx='4' fill='$b'/><rect x='130' y='120' width='20' height='12' fill='#e6c98a'/><path d='M130 52 L140 26 L150 52z' fill='#e2b98c'/><path d='M136 36 L140 26 L144 36z' fill='#3c2c22'/>\
    <rect x='134' y='58' width='4' height='58' rx='2' fill='#fff' opacity='.35'/></g>";

const SHAMPOO: &str = "<rect x='56' y='68' width='88' height='110' rx='20' fill='$a'/><rect x='56' y='68' width='22' height='110' rx='11' fill='#fff' opacity='.25'/><rect x='80' y='50' width='40' height='20' rx='5' fill='$b'/><rect x='94' y='30' width='12' height='22' fill='#c9ced6'/>\
    <path d='M60 24 H112 Q118 24 118 34 H84 L60 36z' fill='$b'/><rect x='70' y='98' width='60' height='56' rx='10' fill='#fff' opacity='.92'/><path d='M100 106 q-20 22 0 34 q20 -12 0 -34z' fill='$a'/><rect x='86' y='144' width='28' height='4' rx='2' fill='$b'/>\
    <g fill='none' stroke='$c' stroke-width='4'><circle cx='164' cy='90' r='11'/><circle cx='176' cy='62' r='7'/><circle cx='34' cy='110' r='9'/><circle cx='26' cy='84' r='5'/></g>";

const TOOTHBRUSH: &str = "<g transform='rotate(14 100 100)'><rect x='82' y='82' width='36' height='104' rx='16' fill='$a'/><rect x='82' y='82' width='12' height='104' rx='6' fill='#fff' opacity='.28'/><rect x='92' y='44' width='16' height='44' rx='6' fill='#e9edf2'/><rect x='84' y='14' width='32' height='34' rx='9' fill='#e9edf2'/>\
    <g fill='$c'><rect x='70' y='18' width='16' height='5' rx='2.5'/><rect x='68' y='26' width='18' height='5' rx='2.5' fill='$a'/><rect x='70' y='34' width='16' height='5' rx='2.5'/><rect x='72' y='41' width='14' height='4' rx='2' fill='$a'/></g>\
    <circle cx='100' cy='110' r='9' fill='#fff'/><circle cx='100' cy='110' r='4' fill='$b'/><circle cx='100' cy='132' r='3' fill='#fff'/><circle cx='100' cy='144' r='3' fill='#fff' opacity='.6'/></g><path d='M40 40 q-10 10 0 22 M26 32 q-18 20 0 40' fill='none' stroke='$c' stroke-width='5' stroke-linecap='round'/>";

const DRYER: &str = "<rect x='96' y='96' width='34' height='84' rx='14' fill='$b' transform='rotate(-10 113 138)'/><circle cx='116' cy='76' r='52' fill='$a'/><circle cx='116' cy='76' r='30' fill='$c'/><circle cx='116' cy='76' r='16' fill='#2b2f38'/>\
    <path d='M76 46 L34 56 V96 L76 106z' fill='$b'/><rect x='26' y='52' width='12' height='48' rx='4' fill='#2b2f38'/><path d='M18 60 q-8 4 -14 0 M18 76 q-8 4 -16 0 M18 92 q-8 4 -14 0' stroke='$c' stroke-width='5' fill='none' stroke-linecap='round'/>\
    <circle cx='118' cy='130' r='5' fill='#7ef29a'/><path d='M134 176 q10 14 34 8' stroke='#2b2f38' stroke-width='5' fill='none' stroke-linecap='round'/><path d='M88 42 Q112 22 142 40' stroke='#fff' stroke-width='5' fill='none' opacity='.5' stroke-linecap='round'/>";
