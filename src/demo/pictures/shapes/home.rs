//! Kitchen, bed and cleaning.

pub(super) const SHAPES: [[&str; 3]; 3] = [[WOK, KNIFE, TABLEWARE], [BEDDING, PILLOW, QUILT], [VACUUM, ROBOT, BOXES]];

const WOK: &str = "<path d='M18 92 H142 Q140 150 80 152 Q20 150 18 92z' fill='$b'/><ellipse cx='80' cy='92' rx='62' ry='17' fill='$a'/><ellipse cx='80' cy='92' rx='52' ry='12' fill='#2b2f38'/>\
    <path d='M140 88 L186 62' stroke='#8a5a3b' stroke-width='13' stroke-linecap='round'/><path d='M140 88 L152 81' stroke='#c9ced6' stroke-width='14'/>\
    <path d='M58 70 q-8 -12 0 -22 t0 -22 M84 66 q-8 -12 0 -22 t0 -22 M108 70 q-8 -12 0 -22' fill='none' stroke='$c' stroke-width='5' stroke-linecap='round'/><path d='M34 114 Q42 136 66 142' stroke='#fff' stroke-width='5' opacity='.35' fill='none' stroke-linecap='round'/>";

const KNIFE: &str = "<g transform='rotate(-34 100 100)'><path d='M14 82 H122 V124 H66 Q28 120 14 82z' fill='#dfe4ea'/><path d='M20 92 Q36 118 66 124 H122 V114 H68 Q42 112 28 92z' fill='#fff'/>\
    <rect x='118' y='80' width='10' height='44' rx='3' fill='#aab3bf'/><rect x='126' y='82' width='62' height='26' rx='12' fill='$a'/><rect x='126' y='82' width='62' height='12' rx='6' fill='$c' opacity='.5'/>\
    <circle cx='142' cy='95' r='4' fill='#fff'/><circle cx='158' cy='95' r='4' fill='#fff'/><circle cx='174' cy='95' r='4' fill='#fff'/></g><path d='M40 172 H160' stroke='$b' stroke-width='6' stroke-linecap='round' opacity='.35'/>";

const TABLEWARE: &str = "<circle cx='86' cy='112' r='66' fill='#fff'/><circle cx='86' cy='112' r='66' fill='none' stroke='$a' stroke-width='6'/><circle cx='86' cy='112' r='44' fill='none' stroke='$c' stroke-width='4'/>\
    <g fill='$a'><circle cx='86' cy='58' r='4'/><circle cx='124' cy='74' r='4'/><circle cx='140' cy='112' r='4'/><circle cx='124' cy='150' r='4'/><circle cx='86' cy='166' r='4'/><circle cx='48' cy='150' r='4'/><circle cx='32' cy='112' r='4'/><circle cx='48' cy='74' r='4'/></g>\
    <path d='M118 40 H182 Q180 78 150 80 Q120 78 118 40z' fill='$a'/><ellipse cx='150' cy='40' rx='32' ry='9' fill='#fff'/><ellipse cx='150' cy='41' rx='25' ry='6' fill='$c'/><rect x='136' y='78' width='28' height='8' rx='4' fill='$b'/>";

const BEDDING: &str = "<rect x='22' y='30' width='156' height='92' rx='14' fill='#b98d63'/><rect x='32' y='66' width='64' height='40' rx='14' fill='#fff'/><rect x='104' y='66' width='64' height='40' rx='14' fill='#fff'/>\
    <path d='M36 76 q28 10 56 0 M108 76 q28 10 56 0' stroke='$c' stroke-width='4' fill='none'/><path d='M16 104 Q100 86 184 104 V164 H16z' fill='$a'/><path d='M16 104 Q100 86 184 104 V120 Q100 104 16 120z' fill='$c'/>\
    <g fill='$b' opacity='.5'><circle cx='44' cy='140' r='6'/><circle cx='80' cy='134' r='6'/><circle cx='120' cy='134' r='6'/><circle cx='156' cy='140' r='6'/><circle cx='62' cy='154' r='6'/><circle cx='100' cy='152' r='6'/><circle cx='138' cy='154' r='6'/></g>\
    <rect x='20' y='164' width='12' height='14' fill='#8a6642'/><rect x='168' y='164' width='12' height='14' fill='#8a6642'/>";

const PILLOW: &str = "<path d='M28 74 Q20 56 40 58 Q100 46 160 58 Q180 56 172 74 Q182 104 172 138 Q180 156 160 154 Q100 166 40 154 Q20 156 28 138 Q18 104 28 74z' fill='$a'/>\
    <path d='M46 76 Q100 64 154 76 Q162 106 154 136 Q100 148 46 136 Q38 106 46 76z' fill='$c'/><g fill='$a' opacity='.55'><circle cx='70' cy='92' r='5'/><circle cx='90' cy='88' r='5'/><circle cx='110' cy='88' r='5'/><circle cx='130' cy='92' r='5'/>\
    <circle cx='62' cy='108' r='5'/><circle cx='81' cy='106' r='5'/><circle cx='100' cy='106' r='5'/><circle cx='119' cy='106' r='5'/><circle cx='138' cy='108' r='5'/><circle cx='70' cy='124' r='5'/><circle cx='90' cy='124' r='5'/><circle cx='110' cy='124' r='5'/><circle cx='130' cy='124' r='5'/></g>\
    <path d='M40 62 Q100 50 160 62' stroke='#fff' stroke-width='4' fill='none' opacity='.6'/>";

const QUILT: &str = "<path d='M30 62 Q34 44 56 44 H146 Q170 44 170 64 V76 H30z' fill='$c'/><rect x='24' y='70' width='152' height='36' rx='16' fill='$a'/><rect x='24' y='100' width='152' height='36' rx='16' fill='$b'/><rect x='24' y='130' width='152' height='36' rx='16' fill='$a'/>\
    <path d='M60 72 V104 M100 72 V104 M140 72 V104 M60 132 V164 M100 132 V164 M140 132 V164' stroke='#fff' stroke-width='3' stroke-dasharray='5 5' opacity='.7'/><path d='M80 102 V134 M120 102 V134' stroke='$c' stroke-width='3' stroke-dasharray='5 5'/>\
    <path d='M92 38 q8 -16 16 0 l10 34 h-36z' fill='#ffd166' opacity='.9'/>";

const VACUUM: &str = "<path d='M126 22 L84 142' stroke='$b' stroke-width='11' stroke-linecap='round'/><path d='M108 74 L84 142' stroke='#c9ced6' stroke-width='9'/><rect x='108' y='18' width='52' height='40' rx='18' fill='$a' transform='rotate(18 134 38)'/>\
    <path d='M140 52 q24 4 20 30 l-14 4 q0 -16 -14 -20z' fill='$b'/><circle cx='124' cy='60' r='19' fill='$c'/><circle cx='124' cy='60' r='11' fill='#2b2f38'/><path d='M48 146 H108 Q116 146 116 156 V168 H40 V156 Q40 146 48 146z' fill='$a'/>\
    <rect x='40' y='162' width='76' height='8' rx='4' fill='#2b2f38'/><g fill='$c'><circle cx='146' cy='160' r='5'/><circle cx='164' cy='150' r='4'/><circle cx='136' cy='146' r='3'/><circle cx='158' cy='168' r='3'/></g>";

const ROBOT: &str = "<ellipse cx='100' cy='132' rx='80' ry='34' fill='$b'/><ellipse cx='100' cy='112' rx='80' ry='42' fill='$a'/><ellipse cx='100' cy='108' rx='66' ry='32' fill='$c' opacity='.55'/>\
    <ellipse cx='100' cy='92' rx='26' ry='12' fill='$b'/><ellipse cx='100' cy='84' rx='26' ry='12' fill='#2b2f38'/><ellipse cx='100' cy='83' rx='16' ry='6' fill='#5cc8ff'/><rect x='88' y='116' width='24' height='10' rx='5' fill='#fff'/><circle cx='100' cy='121' r='3' fill='#3ecf8e'/>\
    <path d='M30 150 l-16 12 M38 156 l-10 16 M170 150 l16 12 M162 156 l10 16' stroke='#2b2f38' stroke-width='4' stroke-linecap='round'/><path d='M40 96 Q70 76 84 78' stroke='#fff' stroke-width='4' fill='none' opacity='.6' stroke-linecap='round'/>";

const BOXES: &str = "<rect x='20' y='100' width='86' height='72' rx='8' fill='$a'/><rect x='16' y='92' width='94' height='16' rx='6' fill='$b'/><rect x='48' y='124' width='30' height='10' rx='5' fill='#fff' opacity='.8'/>\
    <rect x='114' y='118' width='68' height='54' rx='8' fill='$c'/><rect x='110' y='110' width='76' height='14' rx='6' fill='$a'/><rect x='136' y='138' width='24' height='9' rx='4.5' fill='#fff' opacity='.85'/>\
    <rect x='46' y='42' width='62' height='48' rx='8' fill='$c'/><rect x='42' y='34' width='70' height='14' rx='6' fill='$b'/><rect x='66' y='58' width='22' height='8' rx='4' fill='#fff' opacity='.85'/><path d='M124 100 q0 -40 26 -54 q10 26 -4 54z' fill='#5fae6b'/><path d='M146 104 q2 -28 26 -32 q2 22 -16 34z' fill='#7cc58a'/>";
