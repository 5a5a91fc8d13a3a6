//! Phones, sound and screens, computers.

pub(super) const SHAPES: [[&str; 3]; 3] = [[PHONE, TABLET, READER], [HEADPHONES, SPEAKER, PROJECTOR], [KEYBOARD, MOUSE, MONITOR]];

const PHONE: &str = "<rect x='96' y='24' width='66' height='140' rx='14' fill='$b'/><rect x='102' y='34' width='26' height='40' rx='10' fill='$a'/>\
    <circle cx='115' cy='45' r='7' fill='#1c2230'/><circle cx='115' cy='63' r='7' fill='#1c2230'/><circle cx='113' cy='43' r='2.4' fill='#fff' opacity='.7'/>\
    <rect x='44' y='32' width='78' height='150' rx='15' fill='#1c2230'/><rect x='49' y='38' width='68' height='138' rx='10' fill='$a'/>\
    <path d='M49 124 Q80 90 117 112 V166 a10 10 0 0 1 -10 10 H59 a10 10 0 0 1 -10 -10z' fill='$c' opacity='.75'/><circle cx='94' cy='80' r='13' fill='#fff' opacity='.85'/>\
    <rect x='71' y='43' width='24' height='6' rx='3' fill='#1c2230'/><rect x='66' y='168' width='34' height='3' rx='1.5' fill='#fff' opacity='.9'/>";

const TABLET: &str = "<rect x='26' y='40' width='148' height='112' rx='12' fill='#1c2230'/><rect x='33' y='47' width='134' height='98' rx='6' fill='$a'/>\
    <path d='M33 122 L74 82 L104 112 L128 92 L167 126 V139 a6 6 0 0 1 -6 6 H39 a6 6 0 0 1 -6 -6z' fill='$c' opacity='.8'/><circle cx='136' cy='70' r='11' fill='#fff' opacity='.85'/>\
    <rect x='40' y='166' width='120' height='7' rx='3.5' fill='$b'/><path d='M160 166 l12 3.5 -12 3.5z' fill='#1c2230'/><rect x='48' y='166' width='10' height='7' fill='#fff' opacity='.6'/>";

const READER: &str = "<rect x='50' y='22' width='100' height='156' rx='12' fill='$b'/><rect x='58' y='32' width='84' height='122' rx='3' fill='#f4f1e8'/>\
    <g fill='#6b675e'><rect x='66' y='42' width='44' height='7' rx='2'/><rect x='66' y='60' width='68' height='4' rx='2'/><rect x='66' y='70' width='64' height='4' rx='2'/>\
    <rect x='66' y='80' width='68' height='4' rx='2'/><rect x='66' y='90' width='50' height='4' rx='2'/><rect x='66' y='106' width='68' height='4' rx='2'/>\
    <rect x='66' y='116' width='62' height='4' rx='2'/><rect x='66' y='126' width='66' height='4' rx='2'/><rect x='66' y='136' width='30' height='4' rx='2'/></g>\
    <rect x='84' y='162' width='32' height='6' rx='3' fill='$c'/><path d='M124 32 h12 v26 l-6 -6 -6 6z' fill='$a'/>";

const HEADPHONES: &str = "<path d='M42 118 V98 a58 58 0 0 1 116 0 V118' fill='none' stroke='$b' stroke-width='13' stroke-linecap='round'/>\
    <path d='M55 74 a58 58 0 0 1 90 0' fill='none' stroke='$c' stroke-width='5' stroke-linecap='round' opacity='.8'/>\
    <rect x='28' y='104' width='38' height='64' rx='18' fill='$a'/><rect x='134' y='104' width='38' height='64' rx='18' fill='$a'/>\
    <rect x='56' y='110' width='14' height='52' rx='7' fill='#1c2230'/><rect x='130' y='110' width='14' height='52' rx='7' fill='#1c2230'/>\
    <circle cx='42' cy='136' r='9' fill='$c' opacity='.7'/><circle cx='158' cy='136' r='9' fill='$c' opacity='.7'/>";

const SPEAKER: &str = "<rect x='54' y='24' width='92' height='154' rx='26' fill='$a'/><rect x='62' y='32' width='76' height='138' rx='20' fill='$b'/>\
    <circle cx='100' cy='122' r='30' fill='#1c2230'/><circle cx='100' cy='122' r='21' fill='$a'/><circle cx='100' cy='122' r='9' fill='#1c2230'/>\
    <circle cx='100' cy='64' r='17' fill='#1c2230'/><circle cx='100' cy='64' r='9' fill='$c'/><circle cx='97' cy='61' r='3' fill='#fff' opacity='.8'/>\
    <path d='M26 84 q-10 18 0 36 M174 84 q10 18 0 36' fill='none' stroke='$c' stroke-width='6' stroke-linecap='round'/><circle cx='100' cy='38' r='2.5' fill='#7ef29a'/>";

const PROJECTOR: &str = "<path d='M112 98 L190 40 V170 L112 126z' fill='$c' opacity='.55'/><rect x='22' y='72' width='116' height='78' rx='16' fill='$a'/>\
    <rect x='22' y='124' width='116' height='26' rx='13' fill='$b'/><circle cx='108' cy='106' r='26' fill='#1c2230'/><circle cx='108' cy='106' r='17' fill='#35507c'/>\
    <circle cx='102' cy='100' r='6' fill='#fff' opacity='.8'/><g fill='$b'><rect x='34' y='86' width='34' height='5' rx='2.5'/><rect x='34' y='96' width='34' height='5' rx='2.5'/>\
    <rect x='34' y='106' width='34' height='5' rx='2.5'/></g><rect x='36' y='150' width='14' height='10' rx='4' fill='#1c2230'/><rect x='110' y='150' width='14' height='10' rx='4' fill='#1c2230'/>";

const KEYBOARD: &str = "<g transform='rotate(-8 100 100)'><rect x='14' y='62' width='172' height='82' rx='12' fill='$b'/><rect x='14' y='58' width='172' height='78' rx='12' fill='$a'/>\
    <g fill='$c'><rect x='24' y='67' width='16' height='14' rx='3' fill='#ff8a5c'/><rect x='44' y='67' width='16' height='14' rx='3'/><rect x='64' y='67' width='16' height='14' rx='3'/><rect x='84' y='67' width='16' height='14' rx='3'/>\
    <rect x='104' y='67' width='16' height='14' rx='3'/><rect x='124' y='67' width='16' height='14' rx='3'/><rect x='144' y='67' width='32' height='14' rx='3'/>\
    <rect x='24' y='85' width='22' height='14' rx='3'/><rect x='50' y='85' width='16' height='14' rx='3'/><rect x='70' y='85' width='16' height='14' rx='3'/><rect x='90' y='85' width='16' height='14' rx='3'/>\
    <rect x='110' y='85' width='16' height='14' rx='3'/><rect x='130' y='85' width='16' height='14' rx='3'/><rect x='150' y='85' width='26' height='14' rx='3'/>\
    <rect x='24' y='103' width='28' height='14' rx='3'/><rect x='56' y='103' width='72' height='14' rx='3'/><rect x='132' y='103' width='20' height='14' rx='3'/><rect x='156' y='103' width='20' height='14' rx='3' fill='#5cc8ff'/></g></g>";

const MOUSE: &str = "<path d='M100 30 q0 -18 -22 -18' fill='none' stroke='$b' stroke-width='4' opacity='.4'/><rect x='58' y='34' width='84' height='140' rx='42' fill='$a'/>\
    <path d='M58 92 V76 a42 42 0 0 1 42 -42 V92z' fill='$b'/><path d='M142 92 V76 a42 42 0 0 0 -42 -42 V92z' fill='$c'/>\
    <rect x='93' y='52' width='14' height='30' rx='7' fill='#1c2230'/><rect x='98' y='58' width='4' height='18' rx='2' fill='#7ef29a'/><path d='M58 92 H142' stroke='#fff' stroke-width='2' opacity='.6'/>\
    <ellipse cx='82' cy='140' rx='8' ry='18' fill='#fff' opacity='.25' transform='rotate(14 82 140)'/>";

const MONITOR: &str = "<rect x='18' y='30' width='164' height='106' rx='10' fill='#1c2230'/><rect x='24' y='36' width='152' height='92' rx='5' fill='$a'/>\
    <path d='M24 104 q38 -46 76 -14 t76 -22 V123 a5 5 0 0 1 -5 5 H29 a5 5 0 0 1 -5 -5z' fill='$c' opacity='.8'/><path d='M24 116 q38 -26 76 -6 t76 -12 V123 a5 5 0 0 1 -5 5 H29 a5 5 0 0 1 -5 -5z' fill='$b' opacity='.7'/>\
    <circle cx='142' cy='60' r='12' fill='#fff' opacity='.85'/><path d='M88 136 h24 l6 30 h-36z' fill='$b'/><rect x='64' y='164' width='72' height='9' rx='4.5' fill='#1c2230'/>";
